package house

import (
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// roomRule is one line of the table "Room, May import, Never" of
// ARCHITECTURE.md. Packages are folders of this repository; the longest folder
// that a package stands in is its room.
type roomRule struct {
	room string
	may  []string // folders of ours it may import, besides its own
	why  string   // what would be lost
}

var (
	belowAccess  = []string{"law", "person", "db", "ledger"}
	belowSystems = append([]string{"access"}, belowAccess...)
	deskMay      = []string{"web", "access", "person", "law"}
)

var roomRules = []roomRule{
	{"law", nil, "citations, dates and parameters are what everything else cites: the standard library and nothing of ours stands below them"},
	{"person", []string{"law"}, "the words that the acts share depend on no storage and no system"},
	{"db", []string{"law"}, "storage knows dates and nothing of persons or systems"},
	{"ledger", []string{"db", "law"}, "the log must not depend on what it watches"},
	{"access", belowAccess, "the threshold must not depend on the rooms behind it"},
	{"interop/bms/synthetic", []string{"interop/bms/finger", "interop/bms/face"}, "what has no person behind it must not reach a register by itself"},
	{"interop/bms/face", nil, "comparing vectors is arithmetic: it knows no person, no store and no purpose"},
	{"interop/bms", append([]string{"interop/bms/finger", "interop/bms/face", "interop/bms/codec", "interop/bms/synthetic"}, belowSystems...), "the matching service holds templates and references of every system, and knows no identity"},
	{"interop/cir", append([]string{"interop/bms"}, belowSystems...), "the repository serves every system and knows none"},
	{"ees", append([]string{"interop/cir", "interop/bms"}, belowSystems...), "a system decides and stores; it asks another system through an interface of its own that the house plugs in"},
	{"interop/bms/finger", nil, "matching is arithmetic on minutiae: it knows no person, no system and no storage, so that an engine of a vendor can stand in its place"},
	{"interop/bms/codec", nil, "decoders read bytes from outside: the standard library and nothing of ours, so that they can be fuzzed, and mended, alone"},
	{"carrier", belowSystems, "the copy that the web asks has no way to the register: what it holds comes in by its feed alone (2017/2226 art 13(5))"},
	{"nui", []string{"law", "person", "db"}, "the interface is a state's end of the line: it speaks to the Central System over the network and knows no room of it"},
	{"web", belowSystems, "the toolkit of the desks serves every system and knows none"},
	{"web/browsertest", nil, "a browser for tests knows pages, not rooms"},
	{"ees/desk", append([]string{"ees"}, deskMay...), "a desk talks: it has no SQL and asks no other system"},
	{"interop/bms/desk", append([]string{"interop/bms"}, deskMay...), "a desk talks: it has no SQL and asks no other system"},
	{"carrier/desk", append([]string{"carrier"}, deskMay...), "a desk talks: it has no SQL, and this one no way to the register"},
	{"ledger/desk", append([]string{"ledger"}, deskMay...), "a desk talks: it has no SQL and asks no other system"},
	{"house", []string{"*"}, "the house wires all rooms"},
	{"sim", []string{"*"}, "the simulation runs the whole house"},
	{"cmd", []string{"*"}, "the program stands above all"},
}

// testSupport are the packages for tests alone: a database on each engine, a
// browser. Nothing of the program imports them.
var testSupport = []string{"db/dbtest", "db/pgtemp", "web/browsertest"}

// top are the rooms that no other room imports.
var top = []string{"house", "sim", "cmd"}

func within(folder, pkg string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }

func roomOf(pkg string) (roomRule, bool) {
	var best roomRule
	found := false
	for _, r := range roomRules {
		if within(r.room, pkg) && len(r.room) >= len(best.room) {
			best, found = r, true
		}
	}
	return best, found
}

// Imports go down only. A rule that is broken says what it protects.
func TestRoomsImportDownwardsOnly(t *testing.T) {
	for _, f := range source(t).files {
		room, ok := roomOf(f.pkg)
		if !ok {
			t.Errorf("%s: %q is no room of ARCHITECTURE.md: add a line to roomRules", f.path, f.pkg)
			continue
		}
		for _, imported := range f.imports() {
			folder, ours := strings.CutPrefix(imported, "limen/")
			if !ours {
				continue
			}
			if breach := breaks(f, room, folder); breach != "" {
				t.Errorf("%s imports %s: %s", f.path, folder, breach)
			}
		}
	}
}

// breaks says why a file of the room must not import the folder, "" when it may.
func breaks(f *sourceFile, room roomRule, folder string) string {
	target, ok := roomOf(folder)
	if !ok {
		return "no such room"
	}
	support := slices.Contains(testSupport, folder)
	switch {
	case support && !f.test && !slices.Contains(testSupport, f.pkg) && !(folder == "db/pgtemp" && room.room == "sim"):
		return "it is for tests alone, and the throw-away server for benchmarks"
	case support || target.room == room.room:
		return ""
	case slices.Contains(room.may, "*") && !slices.Contains(top, target.room):
		return ""
	case slices.Contains(room.may, target.room):
		return ""
	case f.test && strings.HasPrefix(folder, "interop/bms/") && (room.room == "interop/bms" || slices.Contains(room.may, "interop/bms")):
		return "" // whoever asks the matching service makes up samples in its tests
	case slices.Contains(top, room.room):
		// The program may import the simulation and both the house.
		if slices.Index(top, target.room) < slices.Index(top, room.room) {
			return ""
		}
		return "the order is house, sim, cmd"
	case f.test && path.Base(room.room) == "desk" && target.room == "house" && strings.HasSuffix(f.ast.Name.Name, "_test"):
		return "" // a desk is tested at the door of a whole house, from outside the package
	}
	return room.room + " may import " + orNothing(room.may) + ": " + room.why
}

func orNothing(may []string) string {
	if len(may) == 0 {
		return "nothing of ours"
	}
	return "only " + strings.Join(may, ", ")
}

// foreignRules keep what comes from outside to the rooms that are there for it.
var foreignRules = []struct {
	what    *regexp.Regexp
	allowed []string
	why     string
}{
	{regexp.MustCompile(`^(database/sql|modernc\.org/sqlite|github\.com/jackc/pgx|github\.com/pressly/goose)(/|$)`), []string{"db"},
		"only db speaks to a database: one transaction, one moment, two engines"},
	{regexp.MustCompile(`^(net/http|github\.com/danielgtaylor/huma)(/|$)`), []string{"web", "*/desk", "carrier", "nui", "sim", "cmd"},
		"only the toolkit, the desks and what stands at the network speak HTTP: rooms decide and store"},
	{regexp.MustCompile(`^go\.yaml\.in/`), []string{"cmd"},
		"the program reads files; what stands in them law reads"},
	{regexp.MustCompile(`^html/template$|^text/template$`), []string{"web", "*/desk"},
		"pages are written at the desks"},
	{regexp.MustCompile(`^(testing|pgregory\.net/rapid|github\.com/google/go-cmp|github\.com/chromedp)(/|$)`), testSupport,
		"what tests need is not part of the program"},
}

// databaseValues is an interface of the standard library and no driver: a type
// says with it how it is stored.
const databaseValues = "database/sql/driver"

// Only db imports a driver; only web, desks, carrier and nui import net/http.
func TestForeignPackagesStayInTheirRooms(t *testing.T) {
	for _, f := range source(t).files {
		for _, imported := range f.imports() {
			for _, rule := range foreignRules {
				if !rule.what.MatchString(imported) || imported == databaseValues {
					continue
				}
				if allowedIn(rule.allowed, f.pkg) || f.test && !slices.Contains(rule.allowed, "db") {
					continue
				}
				t.Errorf("%s imports %s: %s", f.path, imported, rule.why)
			}
			room, _ := roomOf(f.pkg)
			if room.room == "law" && !f.test && strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
				t.Errorf("%s imports %s: law stands on the standard library alone", f.path, imported)
			}
		}
	}
}

func allowedIn(folders []string, pkg string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool {
		if suffix, ok := strings.CutPrefix(folder, "*"); ok {
			return strings.HasSuffix(pkg, suffix)
		}
		return within(folder, pkg)
	})
}

// wallClock lists who may ask the machine for the time, besides tests. All
// others are handed the moment, so that record, log entry and retention date
// agree, and a simulation can set the clock.
var wallClock = map[string]string{
	"db":         "the store's clock: the one moment of each transaction comes from here",
	"cmd":        "a command measures how long it took and says at what time it ran",
	"sim":        "a benchmark measures time",
	"web/mux.go": "time-outs and limits of the network, when no clock is given",
}

// Only db reads the wall clock.
func TestOnlyDBReadsTheWallClock(t *testing.T) {
	for _, f := range source(t).files {
		name := f.named("time")
		if f.test || name == "" || slices.Contains(testSupport, f.pkg) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			id, ok := sel.X.(*ast.Ident)
			if !ok || id.Name != name || !slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) {
				return true
			}
			for place := range wallClock {
				if within(place, f.pkg) || place == f.path {
					return true
				}
			}
			t.Errorf("%s: time.%s: only db reads the wall clock; take the moment from tx.Now(), Pass.Now() or a parameter", f.at(sel.Pos()), sel.Sel.Name)
			return true
		})
	}
}

// harmlessBlanks are the imports for their effect that are let through.
var harmlessBlanks = map[string]string{
	"embed":              "turns on a directive of the compiler",
	"time/tzdata":        "brings the zones along: the day at a crossing point must not depend on the machine",
	"modernc.org/sqlite": "registers the driver under its name; migrations need it as a sql.DB",
}

// Packages have names that say what is in them, nothing happens by importing
// one, and a file can be read in one sitting.
func TestPackagesAndFilesAreInShape(t *testing.T) {
	const longest = 600 // lines
	empty := []string{"util", "utils", "helper", "helpers", "common", "misc", "shared", "base", "lib", "tools"}
	for _, f := range source(t).files {
		if name := strings.TrimSuffix(f.ast.Name.Name, "_test"); slices.Contains(empty, name) {
			t.Errorf("%s: package %s says nothing about what is in it", f.path, name)
		}
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: init: nothing is registered by importing; the house lists its rooms", f.at(fn.Pos()))
			}
		}
		for _, imported := range f.ast.Imports {
			if imported.Name != nil && imported.Name.Name == "_" && harmlessBlanks[unquote(imported.Path)] == "" {
				t.Errorf("%s: blank import of %s: nothing is registered by importing", f.at(imported.Pos()), unquote(imported.Path))
			}
		}
		if f.lines > longest && !f.test && !f.generated {
			t.Errorf("%s: %d lines; a file is one idea of at most %d", f.path, f.lines, longest)
		}
	}
}

// Every package says what it is for, and every file is formatted as its
// neighbours are: one doc comment, no more.
func TestPackagesAreDocumented(t *testing.T) {
	docs := map[string]int{}
	for _, f := range source(t).files {
		if f.test {
			continue
		}
		docs[f.pkg] += 0
		if f.ast.Doc != nil && !f.generated {
			docs[f.pkg]++
		}
	}
	for pkg, n := range docs {
		if n != 1 {
			t.Errorf("package %s has %d package comments; it needs one", pkg, n)
		}
	}
}

// Nothing is left half done, and nothing speaks of the machine it was written on.
func TestNothingIsLeftLying(t *testing.T) {
	rules := []struct {
		what *regexp.Regexp
		why  string
	}{
		{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX:|HA` + `CK:)`), "finish it, or say in DIVERGENCES.md that it is not done"},
		{regexp.MustCompile(`(/home/\w|/root/|/Users/\w|[A-Z]:\\Users|[/]work[/][a-z]+/)`), "a path of somebody's machine"},
	}
	err := source(t).walk(func(name string, content []byte) error {
		if name == "house/imports_test.go" {
			return nil
		}
		for _, rule := range rules {
			if at := rule.what.FindIndex(content); at != nil {
				t.Errorf("%s:%d: %q: %s", name, 1+strings.Count(string(content[:at[0]]), "\n"), content[at[0]:at[1]], rule.why)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A rule in CONTRIBUTING.md names the test that holds it, and the test exists.
func TestRulesNameTheirTests(t *testing.T) {
	tests := map[string]bool{}
	for _, f := range source(t).files {
		for _, d := range f.ast.Decls {
			if f.test {
				tests[declName(d)] = true
			}
		}
	}
	content, err := os.ReadFile(filepath.Join("..", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for line := range strings.Lines(string(content)) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		for _, name := range regexp.MustCompile("`(Test[A-Z][A-Za-z0-9_]*)`").FindAllStringSubmatch(line, -1) {
			if named++; !tests[name[1]] {
				t.Errorf("CONTRIBUTING.md names %s, and there is no such test", name[1])
			}
		}
	}
	if named < 15 {
		t.Errorf("only %d tests are named in CONTRIBUTING.md", named)
	}
}
