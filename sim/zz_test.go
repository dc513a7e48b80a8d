package sim
import ("testing";"os")
func TestYY(t *testing.T){
 for _,d:=range []int{1,100}{
 _,err:=BenchNames(t.Context(),os.Stdout,NamesOptions{BenchOptions:BenchOptions{Seed:1},Files:20000,Queries:150,Density:d})
 t.Log(err)
 }
}
