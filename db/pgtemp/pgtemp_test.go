//go:build unix

package pgtemp

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv("LIMEN_PGTEMP_CHILD") == "" {
		os.Exit(m.Run())
	}
	c, err := Start(context.Background(), false)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(c.dir)
	select {}
}

// A server ends with the process that started it, even when that is killed, and
// leaves no folder behind.
func TestServerEndsWithItsProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, EnvServer+"=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "LIMEN_PGTEMP_CHILD=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dir, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	dir = strings.TrimSpace(dir)
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Kill() // SIGKILL
	cmd.Wait()
	for range 500 {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%s is still there", dir)
}

// A database is made, copied and dropped; a crash and a stop are survived.
func TestLifeOfACluster(t *testing.T) {
	t.Setenv(EnvServer, "")
	ctx := context.Background()
	c, err := Start(ctx, false)
	if err != nil {
		t.Fatal(err)
	}
	address, err := c.Create(ctx, "a model", "")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(address, "/a%20model?") {
		t.Errorf("address %s", address)
	}
	if _, err := c.Create(ctx, "copy", "a model"); err != nil {
		t.Error(err)
	}
	if err := c.Crash(); err != nil {
		t.Error(err)
	}
	if err := c.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"copy", "a model", "never was"} {
		if err := c.Drop(ctx, name); err != nil {
			t.Error(err)
		}
	}
	if err := c.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(c.dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there", c.dir)
	}
}

// Where the programs are missing, the error says what to install.
func TestMissingProgramsAreNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := programs("/nonexistent/*/bin")
	if err == nil || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("got %v", err)
	}
}
