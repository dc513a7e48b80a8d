package sim
import ("testing";"time";"path/filepath";"os";"context";"strconv";"limen/db")
func TestYY(t *testing.T){
 n,_:=strconv.Atoi(os.Getenv("N"))
 clock:=NewClock(time.Now)
 store:="sqlite:"+filepath.Join(t.TempDir(),"x.db")
 if os.Getenv("PG")!="" { store=storeOf(t, db.Postgres) }
 h:=openHouse(t,store,t.TempDir(),clock)
 defer h.Close()
 start:=time.Now()
 r,err:=Populate(context.Background(),h,Options{Seed:1,Travellers:n,Until:time.Now(),Clock:clock})
 t.Log(time.Since(start),r.Travellers,r.Crossings,r.Refusals,r.Overstayers,r.Replies,len(r.Mismatches),err)
 t.Logf("%+v",h.Store.Stats())
}
