package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"limen/law"
)

// sourceTree is the repository as the tests of this package read it: the rules
// of the house are held on the source itself.
type sourceTree struct {
	root  string
	files []*sourceFile
}

// sourceFile is one Go file.
type sourceFile struct {
	path      string // from the root, with slashes: "ees/art23_findings.go"
	pkg       string // folder: "ees", "db/dbtest"
	test      bool
	generated bool
	lines     int
	ast       *ast.File
	fset      *token.FileSet
}

var readTree = sync.OnceValues(func() (*sourceTree, error) {
	t := &sourceTree{root: ".."}
	generated := regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	err := t.walk(func(name string, content []byte) error {
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f := &sourceFile{path: name, pkg: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), fset: token.NewFileSet(),
			generated: generated.Match(content), lines: strings.Count(string(content), "\n")}
		var err error
		f.ast, err = parser.ParseFile(f.fset, name, content, parser.ParseComments|parser.SkipObjectResolution)
		t.files = append(t.files, f)
		return err
	})
	return t, err
})

// source parses every Go file of the repository, once.
func source(t *testing.T) *sourceTree {
	t.Helper()
	tree, err := readTree()
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// walk reads every text file of the repository in order of path, hidden
// folders left out.
func (t *sourceTree) walk(fn func(name string, content []byte) error) error {
	return filepath.WalkDir(t.root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && name != t.root {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > 4<<20 {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil || strings.ContainsRune(string(content[:min(len(content), 1000)]), 0) {
			return err
		}
		rel, err := filepath.Rel(t.root, name)
		if err != nil {
			return err
		}
		return fn(filepath.ToSlash(rel), content)
	})
}

func (f *sourceFile) line(pos token.Pos) int { return f.fset.Position(pos).Line }

// at names a place in the file as editors do.
func (f *sourceFile) at(pos token.Pos) string { return f.path + ":" + strconv.Itoa(f.line(pos)) }

// imports lists the import paths of the file.
func (f *sourceFile) imports() []string {
	var list []string
	for _, spec := range f.ast.Imports {
		list = append(list, unquote(spec.Path))
	}
	return list
}

// named returns the name by which the file uses an import; "" when it does not.
func (f *sourceFile) named(importPath string) string {
	for _, spec := range f.ast.Imports {
		if unquote(spec.Path) == importPath {
			if spec.Name != nil {
				return spec.Name.Name
			}
			return path.Base(importPath)
		}
	}
	return ""
}

func unquote(lit *ast.BasicLit) string {
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

// constants returns the string constants of a package that are declared with one
// of its own types: those of access.Purpose, say, to compare with the list that
// says it has them all.
func (t *sourceTree) constants(pkg, typeName string) []string {
	var values []string
	for _, f := range t.files {
		if f.pkg == pkg && !f.test {
			values = append(values, f.constantsOf(func(x ast.Expr) bool {
				id, ok := x.(*ast.Ident)
				return ok && id.Name == typeName
			})...)
		}
	}
	slices.Sort(values)
	return values
}

// foreignConstants returns those of a type of another package, as access.Op.
func (f *sourceFile) foreignConstants(pkg, typeName string) []string {
	return f.constantsOf(func(x ast.Expr) bool {
		sel, ok := x.(*ast.SelectorExpr)
		if !ok || sel.Sel.Name != typeName {
			return false
		}
		id, ok := sel.X.(*ast.Ident)
		return ok && id.Name == pkg
	})
}

func (f *sourceFile) constantsOf(is func(typ ast.Expr) bool) []string {
	var values []string
	for _, d := range f.ast.Decls {
		gen, ok := d.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		for _, spec := range gen.Specs {
			v := spec.(*ast.ValueSpec)
			if v.Type == nil || !is(v.Type) {
				continue
			}
			for _, x := range v.Values {
				if lit, ok := x.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					values = append(values, unquote(lit))
				}
			}
		}
	}
	return values
}

// citing is one citation in the code: a string literal that reads as one.
type citing struct {
	file *sourceFile
	line int
	cite law.Citation
	in   string   // declaration that holds it: "Register.Check", "Operations"
	code law.Code // the refusal's or finding's code beside it, "" when none stands there
	err  error    // it looks like a citation and cannot be read
}

// looksCited is how a citation begins, with whatever act and word.
var looksCited = regexp.MustCompile(`^([0-9]{1,4}/[0-9]{2,4}|CISA|9303-[0-9]+) [a-z]`)

// snake is the form of a code.
var snake = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)+$`)

// citings collects the citations of the code outside tests.
func (t *sourceTree) citings() []citing {
	var all []citing
	for _, f := range t.files {
		if f.test || f.path == "law/citation.go" || strings.HasPrefix(f.path, "house/") {
			continue // the list of acts; this package's own reading of citations
		}
		for _, d := range f.ast.Decls {
			var stack []ast.Node
			ast.Inspect(d, func(n ast.Node) bool {
				if n == nil {
					stack = stack[:len(stack)-1]
					return true
				}
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if text := unquote(lit); looksCited.MatchString(text) || isAct(text) {
						_, err := law.Citation(text).Parse()
						all = append(all, citing{f, f.line(lit.Pos()), law.Citation(text), declared(d, lit.Pos()), codeBeside(stack, lit), err})
					}
				}
				stack = append(stack, n)
				return true
			})
		}
	}
	return all
}

// isAct tells whether a literal is a citation of a whole act.
func isAct(text string) bool {
	_, ok := law.ActByNumber(text)
	return ok
}

// codeBeside finds the code that a citation belongs to: the argument before it,
// or the member Code of the same literal.
func codeBeside(stack []ast.Node, lit *ast.BasicLit) law.Code {
	asCode := func(x ast.Expr) law.Code {
		if b, ok := x.(*ast.BasicLit); ok && b.Kind == token.STRING && snake.MatchString(unquote(b)) {
			return law.Code(unquote(b))
		}
		return ""
	}
	for i := len(stack) - 1; i >= 0 && i >= len(stack)-2; i-- {
		switch parent := stack[i].(type) {
		case *ast.CallExpr:
			for k, arg := range parent.Args {
				if arg == ast.Expr(lit) && k > 0 {
					return asCode(parent.Args[k-1])
				}
			}
		case *ast.CompositeLit:
			for _, e := range parent.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Code" {
						return asCode(kv.Value)
					}
				}
			}
		}
	}
	return ""
}

// declared names the declaration that holds a position.
func declared(d ast.Decl, pos token.Pos) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return funcName(d)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if spec.Pos() > pos || spec.End() < pos {
				continue
			}
			switch s := spec.(type) {
			case *ast.ValueSpec:
				return s.Names[0].Name
			case *ast.TypeSpec:
				return s.Name.Name
			}
		}
	}
	return ""
}

// funcName is "Check", or "Register.Check" for a method.
func funcName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return d.Name.Name
	}
	x := d.Recv.List[0].Type
	if star, ok := x.(*ast.StarExpr); ok {
		x = star.X
	}
	if index, ok := x.(*ast.IndexExpr); ok {
		x = index.X
	}
	if id, ok := x.(*ast.Ident); ok {
		return id.Name + "." + d.Name.Name
	}
	return d.Name.Name
}

// packages lists the folders that hold Go files.
func (t *sourceTree) packages() []string {
	var list []string
	for _, f := range t.files {
		if !slices.Contains(list, f.pkg) {
			list = append(list, f.pkg)
		}
	}
	return list
}

// passTakers lists the exported functions and methods of a package that take an
// access.Pass, by name.
func (t *sourceTree) passTakers(pkg string) []string {
	var names []string
	for _, f := range t.files {
		if f.pkg != pkg || f.test {
			continue
		}
		door := f.named("limen/access")
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() {
				continue
			}
			for _, p := range fn.Type.Params.List {
				if sel, ok := p.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Pass" {
					if id, ok := sel.X.(*ast.Ident); ok && id.Name == door {
						names = append(names, funcName(fn))
					}
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

// tableRows reads a table of testdata: a heading, then rows of as many cells,
// separated by tabs; lines beginning with # are remarks.
func tableRows[T any](t *testing.T, name string) []T {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var rows []T
	columns := reflect.TypeFor[T]().NumField()
	heading := true
	for i, line := range strings.Split(strings.TrimSuffix(string(content), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != columns {
			t.Fatalf("%s:%d: %d cells instead of %d", name, i+1, len(cells), columns)
		}
		if heading {
			heading = false
			continue
		}
		var row T
		v := reflect.ValueOf(&row).Elem()
		for k, cell := range cells {
			v.Field(k).SetString(strings.TrimSpace(cell))
		}
		rows = append(rows, row)
	}
	return rows
}
