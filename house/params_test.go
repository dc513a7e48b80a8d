package house

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"limen/law"
)

// Every parameter of every room is sound: dated rows in order, each with a
// citation that can be read, what is not confirmed said in a note; and no two
// parameters share a name.
func TestParametersAreSound(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Params() {
		if err := law.CheckParam(p); err != nil {
			t.Error(err)
		}
		name := p.Describe().Name
		if seen[name] {
			t.Errorf("two parameters are called %s: one of them would answer for the other", name)
		}
		seen[name] = true
		if head, _, ok := strings.Cut(name, "."); !ok || strings.ToLower(head) != head {
			t.Errorf("parameter %q: a name is dotted, and begins in lower case", name)
		}
	}
}

// From the first row of a parameter on, each day has exactly one value; rows
// that say the same as the one before say in a note why they stand there.
func TestParametersWalkTheCalendar(t *testing.T) {
	end := law.MustDate("2040-12-31")
	for _, p := range Params() {
		info := p.Describe()
		for i, row := range info.Rows {
			until := end
			if i+1 < len(info.Rows) {
				until = info.Rows[i+1].From - 1
			}
			if until < row.From {
				t.Errorf("%s: the row from %s never holds", info.Name, row.From)
			}
			if i > 0 && row.Value == info.Rows[i-1].Value && row.Note == "" && row.Cite == info.Rows[i-1].Cite {
				t.Errorf("%s: the row from %s says nothing new", info.Name, row.From)
			}
		}
	}
}

// Every parameter that the code declares is listed by its room, so that limen
// law shows it and the tests above see it.
func TestParametersAreListed(t *testing.T) {
	var listed []string
	for _, p := range Params() {
		listed = append(listed, p.Describe().Name)
	}
	for _, f := range source(t).files {
		if f.test {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || !isParam(lit.Type) {
				return true
			}
			for _, e := range lit.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				key, isIdent := kv.Key.(*ast.Ident)
				name, isLit := kv.Value.(*ast.BasicLit)
				if isIdent && isLit && key.Name == "Name" && !slices.Contains(listed, unquote(name)) {
					t.Errorf("%s: parameter %s is not among the Params of its room", f.at(lit.Pos()), unquote(name))
				}
			}
			return true
		})
	}
}

// isParam tells whether a type is law.Param[…], or Param[…] within package law.
func isParam(x ast.Expr) bool {
	index, ok := x.(*ast.IndexExpr)
	if !ok {
		return false
	}
	switch x := index.X.(type) {
	case *ast.Ident:
		return x.Name == "Param"
	case *ast.SelectorExpr:
		return x.Sel.Name == "Param"
	}
	return false
}

// madeFrom is the line of DIVERGENCES.md below which go generate ./house writes.
const madeFrom = "<!-- Made by go generate ./house from here on. -->\n"

// The last sections of DIVERGENCES.md are made from the code: parameters with a
// value that no text confirmed, and parameters that nothing reads yet.
func TestDivergencesAreGenerated(t *testing.T) {
	name := filepath.Join("..", "DIVERGENCES.md")
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	written, have, _ := strings.Cut(string(content), madeFrom)
	want := unconfirmedParameters() + unreadParameters(source(t))
	switch {
	case *update:
		if err := os.WriteFile(name, []byte(strings.TrimRight(written, "\n")+"\n\n"+madeFrom+want), 0o644); err != nil {
			t.Fatal(err)
		}
	case have != want:
		t.Errorf("DIVERGENCES.md is stale: run 'go generate ./house'. %s", firstDifference(have, want))
	}
}

func unconfirmedParameters() string {
	var b strings.Builder
	b.WriteString("\n## Unconfirmed parameters\n\n| Parameter | Value | Place | From, and what was not found |\n|---|---|---|---|\n")
	for _, p := range Params() {
		info := p.Describe()
		for _, row := range info.Rows {
			if row.Unconfirmed {
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s: %s |\n", info.Name, row.Value, row.Cite, row.From, row.Note)
			}
		}
	}
	return b.String()
}

// unreadParameters lists the parameters that are declared and shown and that no
// rule asks yet.
func unreadParameters(tree *sourceTree) string {
	var b strings.Builder
	b.WriteString("\n## Parameters that nothing reads yet\n\nThey are declared, dated and shown by `limen law`; changing one changes nothing.\n\n")
	for _, pkg := range tree.packages() {
		for _, name := range tree.listedParams(pkg) {
			if !tree.reads(pkg, name) {
				fmt.Fprintf(&b, "- `%s.%s`\n", filepath.Base(pkg), name)
			}
		}
	}
	return b.String()
}

// isParamList tells whether a declaration only lists parameters.
func isParamList(d ast.Decl) bool {
	fn, ok := d.(*ast.FuncDecl)
	return ok && fn.Recv == nil && strings.HasSuffix(fn.Name.Name, "Params")
}

// listedParams returns the variables that the Params of a package list.
func (t *sourceTree) listedParams(pkg string) []string {
	var names []string
	for _, f := range t.files {
		if f.pkg != pkg || f.test {
			continue
		}
		for _, d := range f.ast.Decls {
			if !isParamList(d) {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if unary, ok := n.(*ast.UnaryExpr); ok && unary.Op == token.AND {
					if id, ok := unary.X.(*ast.Ident); ok {
						names = append(names, id.Name)
					}
				}
				return true
			})
		}
	}
	slices.Sort(names)
	return names
}

// reads tells whether code outside tests, lists and the declaration itself uses
// the variable.
func (t *sourceTree) reads(pkg, name string) bool {
	read := false
	for _, f := range t.files {
		if f.test || f.pkg == "house" {
			continue
		}
		from := f.named("limen/" + pkg)
		for _, d := range f.ast.Decls {
			if isParamList(d) {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.ValueSpec:
					for _, v := range n.Values {
						ast.Inspect(v, func(n ast.Node) bool {
							if id, ok := n.(*ast.Ident); ok && f.pkg == pkg && id.Name == name {
								read = true
							}
							return true
						})
					}
					return false
				case *ast.SelectorExpr:
					if id, ok := n.X.(*ast.Ident); ok && from != "" && id.Name == from && n.Sel.Name == name {
						read = true
					}
				case *ast.Ident:
					if f.pkg == pkg && n.Name == name {
						read = true
					}
				}
				return true
			})
		}
	}
	return read
}
