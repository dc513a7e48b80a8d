package web

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"reflect"
	"slices"
	"text/template/parse"
	"time"
)

// check holds a page's templates against its type: first every field, method
// and function call in every branch, by reading the templates; then by running
// them. A misspelt field in a branch that nobody takes is found here and not by
// the guard who takes it.
func (v *View[T]) check(t *Templates) error {
	dot := reflect.TypeFor[T]()
	if dot.Kind() != reflect.Struct {
		return fmt.Errorf("page %s: its type %s is no struct", v.name, dot)
	}
	c := &templateCheck{page: v.page, funcs: t.funcs, seen: map[string]bool{}}
	for _, name := range []string{"title", "main"} {
		if v.page.Lookup(name) == nil {
			return fmt.Errorf("page %s: it does not define %q", v.name, name)
		}
		c.template(name, reflect.PointerTo(dot))
	}
	if len(c.errs) > 0 {
		return fmt.Errorf("page %s: %w", v.name, errors.Join(c.errs...))
	}
	var zero T
	trials := append([]T{zero}, v.samples...)
	if len(v.samples) == 0 {
		full := reflect.New(dot).Elem()
		fill(full, 0)
		trials = append(trials, full.Interface().(T))
	}
	for i := range trials {
		for _, name := range []string{"title", "main"} {
			if err := v.page.ExecuteTemplate(io.Discard, name, &trials[i]); err != nil {
				return fmt.Errorf("page %s: %w", v.name, err)
			}
		}
	}
	return nil
}

// fill sets every exported field of v, so that branches are taken. It stops at
// a depth, because types may contain themselves.
func fill(v reflect.Value, depth int) {
	if depth > 6 || !v.CanSet() {
		return
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(1_000_000_000, 0).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), depth+1)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, depth+1)
		fill(value, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	}
}

// templateCheck walks templates with the type that stands at every place. A
// nil type is one that is known only when the page runs; nothing is said about
// what follows from it.
type templateCheck struct {
	page  *template.Template
	funcs template.FuncMap
	seen  map[string]bool
	tree  *parse.Tree
	vars  []variable
	errs  []error
}

type variable struct {
	name string
	typ  reflect.Type
}

// constant is a text that stands in a template: unlike other texts, it fits
// every parameter whose type is based on string.
type constant string

func (c *templateCheck) template(name string, dot reflect.Type) {
	key := fmt.Sprint(name, " ", dot)
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	t := c.page.Lookup(name)
	if t == nil || t.Tree == nil {
		c.errs = append(c.errs, fmt.Errorf("template %q is not defined", name))
		return
	}
	tree, vars := c.tree, c.vars
	c.tree, c.vars = t.Tree, []variable{{"$", dot}}
	c.list(t.Tree.Root, dot)
	c.tree, c.vars = tree, vars
}

func (c *templateCheck) failf(n parse.Node, format string, args ...any) reflect.Type {
	where, context := c.tree.ErrorContext(n)
	c.errs = append(c.errs, fmt.Errorf("%s: %s: %s", where, context, fmt.Sprintf(format, args...)))
	return nil
}

func (c *templateCheck) list(l *parse.ListNode, dot reflect.Type) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			c.pipe(n.Pipe, dot)
		case *parse.IfNode:
			c.branch(&n.BranchNode, dot)
		case *parse.WithNode:
			c.branch(&n.BranchNode, dot)
		case *parse.RangeNode:
			c.branch(&n.BranchNode, dot)
		case *parse.TemplateNode:
			var arg reflect.Type
			if n.Pipe != nil {
				arg = c.pipe(n.Pipe, dot)
			}
			c.template(n.Name, arg)
		}
	}
}

func (c *templateCheck) branch(n *parse.BranchNode, dot reflect.Type) {
	defer func(depth int) { c.vars = c.vars[:depth] }(len(c.vars))
	found := c.pipe(n.Pipe, dot)
	inner := dot
	switch n.NodeType {
	case parse.NodeWith:
		inner = found
	case parse.NodeRange:
		key, elem := rangeOver(found)
		if found != nil && elem == nil && deref(found).Kind() != reflect.Func && deref(found).Kind() != reflect.Interface {
			c.failf(n.Pipe, "cannot range over %s", found)
		}
		inner = elem
		switch len(n.Pipe.Decl) {
		case 1:
			c.vars[len(c.vars)-1].typ = elem
		case 2:
			c.vars[len(c.vars)-2].typ, c.vars[len(c.vars)-1].typ = key, elem
		}
	}
	depth := len(c.vars)
	c.list(n.List, inner)
	c.vars = c.vars[:depth]
	c.list(n.ElseList, dot)
}

func rangeOver(t reflect.Type) (key, elem reflect.Type) {
	if t == nil {
		return nil, nil
	}
	switch t = deref(t); t.Kind() {
	case reflect.Slice, reflect.Array:
		return reflect.TypeFor[int](), t.Elem()
	case reflect.Map:
		return t.Key(), t.Elem()
	case reflect.Chan:
		return nil, t.Elem()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return t, t
	}
	return nil, nil
}

func deref(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// pipe returns the type of the pipeline's last value and declares its variables.
func (c *templateCheck) pipe(p *parse.PipeNode, dot reflect.Type) reflect.Type {
	if p == nil {
		return nil
	}
	var value reflect.Type
	for i, cmd := range p.Cmds {
		value = c.command(cmd, dot, i > 0, value)
	}
	for _, d := range p.Decl {
		if p.IsAssign {
			continue
		}
		c.vars = append(c.vars, variable{d.Ident[0], value})
	}
	return value
}

func (c *templateCheck) command(cmd *parse.CommandNode, dot reflect.Type, piped bool, last reflect.Type) reflect.Type {
	args := make([]reflect.Type, 0, len(cmd.Args))
	for _, a := range cmd.Args[1:] {
		args = append(args, c.arg(a, dot))
	}
	if piped {
		args = append(args, last)
	}
	switch n := cmd.Args[0].(type) {
	case *parse.IdentifierNode:
		return c.call(n, n.Ident, args)
	case *parse.FieldNode:
		return c.chain(n, dot, n.Ident, args)
	case *parse.VariableNode:
		return c.chain(n, c.variable(n), n.Ident[1:], args)
	case *parse.ChainNode:
		return c.chain(n, c.arg(n.Node, dot), n.Field, args)
	default:
		return c.arg(n, dot)
	}
}

func (c *templateCheck) arg(n parse.Node, dot reflect.Type) reflect.Type {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.BoolNode:
		return reflect.TypeFor[bool]()
	case *parse.StringNode:
		return reflect.TypeFor[constant]()
	case *parse.FieldNode:
		return c.chain(n, dot, n.Ident, nil)
	case *parse.VariableNode:
		return c.chain(n, c.variable(n), n.Ident[1:], nil)
	case *parse.ChainNode:
		return c.chain(n, c.arg(n.Node, dot), n.Field, nil)
	case *parse.PipeNode:
		return c.pipe(n, dot)
	case *parse.IdentifierNode:
		return c.call(n, n.Ident, nil)
	}
	return nil // numbers take the type that is wanted; nil has none
}

func (c *templateCheck) variable(n *parse.VariableNode) reflect.Type {
	for _, v := range slices.Backward(c.vars) {
		if v.name == n.Ident[0] {
			return v.typ
		}
	}
	return nil
}

// chain follows .A.B.C; arguments belong to the last name.
func (c *templateCheck) chain(n parse.Node, t reflect.Type, names []string, args []reflect.Type) reflect.Type {
	for i, name := range names {
		if t == nil {
			return nil
		}
		var given []reflect.Type
		if i == len(names)-1 {
			given = args
		}
		receiver := t
		if t.Kind() != reflect.Pointer && t.Kind() != reflect.Interface {
			receiver = reflect.PointerTo(t)
		}
		if method, ok := receiver.MethodByName(name); ok {
			skip := 1
			if receiver.Kind() == reflect.Interface {
				skip = 0
			}
			t = c.signature(n, name, method.Type, skip, given)
			continue
		}
		base := deref(t)
		switch base.Kind() {
		case reflect.Struct:
			field, ok := base.FieldByName(name)
			if !ok {
				return c.failf(n, "%s has no field or method %s", base, name)
			}
			if !field.IsExported() {
				return c.failf(n, "%s.%s is not exported", base, name)
			}
			t = field.Type
		case reflect.Map:
			t = base.Elem()
		case reflect.Interface:
			return nil
		default:
			return c.failf(n, "%s has no field or method %s", base, name)
		}
		if len(given) > 0 {
			return c.failf(n, "%s is no method but has arguments", name)
		}
	}
	return t
}

func (c *templateCheck) call(n parse.Node, name string, args []reflect.Type) reflect.Type {
	if fn, ok := c.funcs[name]; ok {
		return c.signature(n, name, reflect.TypeOf(fn), 0, args)
	}
	switch name {
	case "eq", "ne", "lt", "le", "gt", "ge", "not":
		return reflect.TypeFor[bool]()
	case "len":
		return reflect.TypeFor[int]()
	case "print", "printf", "println", "html", "js", "urlquery":
		return reflect.TypeFor[string]()
	case "and", "or":
		if len(args) > 0 && !slices.ContainsFunc(args, func(t reflect.Type) bool { return t != args[0] }) {
			return args[0]
		}
	case "slice":
		if len(args) > 0 {
			return args[0]
		}
	case "index":
		if len(args) == 0 {
			return nil
		}
		t := args[0]
		for range args[1:] {
			if _, t = rangeOver(t); t == nil {
				return nil
			}
		}
		return t
	}
	return nil
}

// signature checks a call of fn, whose first skip parameters are given already.
func (c *templateCheck) signature(n parse.Node, name string, fn reflect.Type, skip int, args []reflect.Type) reflect.Type {
	want := fn.NumIn() - skip
	switch {
	case fn.IsVariadic() && len(args) < want-1, !fn.IsVariadic() && len(args) != want:
		return c.failf(n, "%s takes %d arguments and gets %d", name, want, len(args))
	case fn.NumOut() == 0:
		return c.failf(n, "%s returns nothing", name)
	}
	for i, got := range args {
		in := fn.In(min(i+skip, fn.NumIn()-1))
		if fn.IsVariadic() && i+skip >= fn.NumIn()-1 {
			in = in.Elem()
		}
		if got == nil || got.Kind() == reflect.Interface || got.AssignableTo(in) || reflect.PointerTo(got).AssignableTo(in) ||
			got.Kind() == reflect.Pointer && got.Elem().AssignableTo(in) ||
			got == reflect.TypeFor[constant]() && in.Kind() == reflect.String {
			continue
		}
		c.failf(n, "%s takes a %s as argument %d and gets a %s", name, in, i+1, got)
	}
	return fn.Out(0)
}
