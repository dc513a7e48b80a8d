//go:build unix

package pgtemp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// server is the process of a cluster of ours.
type server struct {
	bin   string
	who   *syscall.Credential
	leash io.WriteCloser // the watcher ends the server when this closes
	ended chan struct{}  // closed when the server has ended
}

// found makes the cluster's folder and starts its server.
func (c *Cluster) found(ctx context.Context) error {
	var err error
	if c.bin, err = programs("/usr/lib/postgresql/*/bin"); err != nil {
		return err
	}
	if c.dir, err = os.MkdirTemp(place(c.durable), "limen-pg-"); err != nil {
		return err
	}
	if os.Getuid() == 0 { // the server refuses to run as root
		if c.who, err = unprivileged(); err == nil {
			err = os.Chown(c.dir, int(c.who.Uid), int(c.who.Gid))
		}
	}
	if err == nil {
		err = c.initialise(ctx)
	}
	if err == nil {
		err = c.launch(ctx)
	}
	if err != nil {
		os.RemoveAll(c.dir)
	}
	return err
}

// place chooses where a cluster lives: in memory if it may be forgotten and
// there is plenty. Not under TMPDIR, for a socket's path may have little more
// than a hundred bytes.
func place(durable bool) string {
	const memory, plenty = "/dev/shm", 2 << 30
	var st unix.Statfs_t
	if !durable && unix.Statfs(memory, &st) == nil && uint64(st.Bavail)*uint64(st.Bsize) > plenty && unix.Access(memory, unix.W_OK) == nil {
		return memory
	}
	return "/tmp"
}

// programs finds the folder of initdb and postgres: where pg_config says, in the
// newest of the folders that the distribution keeps by version, or in the PATH.
func programs(byVersion string) (string, error) {
	var folders []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(out)))
	}
	versioned, _ := filepath.Glob(byVersion)
	slices.SortFunc(versioned, func(a, b string) int { return version(b) - version(a) }) // newest first
	folders = append(folders, versioned...)
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			folders = append(folders, filepath.Dir(p))
		}
	}
	for _, f := range folders {
		if executable(filepath.Join(f, "initdb")) && executable(filepath.Join(f, "postgres")) {
			return f, nil
		}
	}
	return "", errors.New("pgtemp: no initdb and postgres found: " + Advice)
}

func version(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

func executable(path string) bool {
	st, err := os.Stat(path)
	return err == nil && !st.IsDir() && st.Mode()&0o111 != 0
}

// unprivileged finds an account to run the server.
func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: true}, nil
		}
	}
	return nil, errors.New("pgtemp: PostgreSQL does not run as root, and there is neither an account postgres nor nobody")
}

func (c *Cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = c.dir
	cmd.Env = []string{"PATH=/usr/bin:/bin:" + c.bin, "LC_ALL=C", "TZ=UTC", "HOME=" + c.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.who, Setpgid: true}
	return cmd
}

func (c *Cluster) initialise(ctx context.Context) error {
	cmd := c.command(ctx, filepath.Join(c.bin, "initdb"), "--pgdata", filepath.Join(c.dir, "data"), "--username", "postgres",
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pgtemp: initdb: %w\n%s", err, out)
	}
	return nil
}

// supervise runs the server and ends with it. Beside it waits a watcher, until
// its standard input ends or has a line, which it does when the process that
// started all this ends, even by SIGKILL; it then ends the server and removes
// the folder. A parent-death signal would not do: Linux sends it when the thread
// ends that started the child, and Go's threads come and go.
const supervise = `
exec 3<&0
"$@" >"$LIMEN_DIR/log" 2>&1 </dev/null 3<&- &
server=$!
(
	read -r line <&3
	kill -QUIT "$server" 2>/dev/null
	while kill -0 "$server" 2>/dev/null; do sleep 0.02; done
	test "$line" = keep || rm -rf "$LIMEN_DIR"
) >/dev/null 2>&1 &
wait "$server"
`

func (c *Cluster) launch(ctx context.Context) error {
	settings := []string{
		"listen_addresses=", "unix_socket_directories=" + c.dir, "max_connections=120", "shared_buffers=256MB",
		"autovacuum_naptime=10s", "deadlock_timeout=100ms", "log_min_messages=warning", "max_wal_size=4GB", "max_prepared_transactions=8",
	}
	if !c.durable {
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	args := []string{"-c", supervise, "sh", filepath.Join(c.bin, "postgres"), "-D", filepath.Join(c.dir, "data")}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	cmd := c.command(context.WithoutCancel(ctx), "/bin/sh", args...)
	cmd.Env = append(cmd.Env, "LIMEN_DIR="+c.dir)
	held, leash, err := os.Pipe() // not StdinPipe, which the server's end would close
	if err != nil {
		return err
	}
	c.leash, cmd.Stdin = leash, held
	err = cmd.Start()
	held.Close()
	if err != nil {
		leash.Close()
		return err
	}
	c.ended = make(chan struct{})
	go func() {
		cmd.Wait() // how it ended is in the server's log
		close(c.ended)
	}()
	c.admin = "postgres:///postgres?user=postgres&host=" + url.QueryEscape(c.dir)
	if err := c.await(ctx); err != nil {
		log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
		c.release("keep")
		return fmt.Errorf("%w\n%s", err, log)
	}
	return nil
}

// release has the watcher end the server, and keep or remove the folder.
func (c *Cluster) release(folder string) {
	io.WriteString(c.leash, folder+"\n")
	c.leash.Close()
	<-c.ended
}

// Stop ends the server and removes what it kept. A server that the environment
// named is left alone.
func (c *Cluster) Stop() error {
	if !c.Ours() {
		return nil
	}
	c.release("remove")
	return os.RemoveAll(c.dir) // the watcher may be slower
}

// Crash kills the server as a power cut would, but for what the operating system
// has yet to write. Restart starts it again.
func (c *Cluster) Crash() error {
	if !c.Ours() {
		return errors.New("pgtemp: not a server of ours")
	}
	pid, err := os.ReadFile(filepath.Join(c.dir, "data", "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(pid), "\n")
	n, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
		return err
	}
	c.release("keep")
	return nil
}

// Restart starts the server after Crash. That succeeds once the processes of
// the old one have found out that it is gone.
func (c *Cluster) Restart(ctx context.Context) error {
	const patience, pause = 20 * time.Second, 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := c.launch(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}
