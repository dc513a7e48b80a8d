package law

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// draftNode is a piece of a draft: a text, a list, or members by name.
type draftNode struct {
	line    int
	text    string
	list    []draftNode
	names   []DraftText
	values  []draftNode
	isList  bool
	isNamed bool
}

// Bounds on a draft, above what any needs: how deep it goes, and how many
// members stand together.
const (
	maxDraftDepth   = 8
	maxDraftMembers = 8
)

// add adds a member; one that is there already, or one too many, is refused.
func (n *draftNode) add(name DraftText, value draftNode) error {
	if _, twice := n.member(name.Text); twice {
		return badDraft(name.Line, clip(name.Text), "member_twice", "this member stands here twice.")
	}
	if len(n.names) == maxDraftMembers {
		return badDraft(name.Line, "file", "too_many_members", "these are more members than anything here has.")
	}
	n.names, n.values = append(n.names, name), append(n.values, value)
	return nil
}

// draftedParam is one parameter of a draft.
type draftedParam struct {
	name DraftText
	rows []DraftRow
}

// draftParams takes a draft apart: one parameter, a list of them, or a list
// under the name "parameters".
func draftParams(root draftNode) ([]draftedParam, error) {
	if root.isNamed && len(root.names) == 1 && root.names[0].Text == "parameters" {
		root = root.values[0]
	}
	list := []draftNode{root}
	if root.isList {
		list = root.list
	}
	if len(list) == 0 {
		return nil, badDraft(root.line, "parameters", "no_parameter", "the file amends nothing. Write a list of parameters, each with its name and its rows.")
	}
	params := make([]draftedParam, len(list))
	for i, n := range list {
		var rows draftNode
		if err := n.take("parameters["+strconv.Itoa(i)+"]", map[string]any{"name": &params[i].name, "rows": &rows}, "unit"); err != nil {
			return nil, err
		}
		if !rows.isList || len(rows.list) == 0 {
			return nil, badDraft(max(rows.line, n.line), params[i].name.Text+".rows", "no_rows", "the parameter needs a list of rows, each with from, value and cite.")
		}
		params[i].rows = make([]DraftRow, len(rows.list))
		for k, row := range rows.list {
			d := &params[i].rows[k]
			at := params[i].name.Text + ".rows[" + strconv.Itoa(k) + "]"
			if err := row.take(at, map[string]any{"from": &d.From, "value": &d.Value, "cite": &d.Cite}, "note"); err != nil {
				return nil, err
			}
			if note, ok := row.member("note"); ok {
				d.Note = DraftText{note.text, note.line}
			}
		}
	}
	return params, nil
}

func (n draftNode) member(name string) (draftNode, bool) {
	for i, have := range n.names {
		if have.Text == name {
			return n.values[i], true
		}
	}
	return draftNode{}, false
}

// take reads the members of a node into texts and nodes, each of which must be
// there; others than those and the optional ones are refused.
func (n draftNode) take(at string, into map[string]any, optional ...string) error {
	wanted := optional
	for name := range into {
		wanted = append(wanted, name)
	}
	slices.Sort(wanted)
	if !n.isNamed {
		return badDraft(n.line, at, "no_members", "members are needed here: "+strings.Join(wanted, ", ")+".")
	}
	for _, name := range n.names {
		if !slices.Contains(wanted, name.Text) {
			return badDraft(name.Line, at+"."+clip(name.Text), "unknown_member", "the members here are "+strings.Join(wanted, ", ")+".")
		}
	}
	for _, name := range wanted {
		value, ok := n.member(name)
		target := into[name]
		switch {
		case target == nil:
			continue
		case !ok:
			return badDraft(n.line, at+"."+name, "missing_member", "this member is missing.")
		}
		switch target := target.(type) {
		case *draftNode:
			*target = value
		case *DraftText:
			if value.isNamed {
				return badDraft(value.line, at+"."+name, "no_text", "one value is needed here.")
			}
			*target = DraftText{value.text, value.line}
			if value.isList {
				words := make([]string, len(value.list))
				for i, v := range value.list {
					if words[i] = v.text; v.isList || v.isNamed {
						return badDraft(v.line, at+"."+name, "no_text", "a list here holds plain values.")
					}
				}
				separator := " "
				if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, " ") }) {
					separator = "; " // citations have spaces of their own
				}
				target.Text = strings.Join(words, separator)
			}
		}
	}
	return nil
}

// parseDraft reads JSON where the text begins as JSON does, and YAML otherwise.
func parseDraft(text string) (draftNode, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	switch start := strings.TrimLeft(text, " \t\r\n"); {
	case start == "":
		return draftNode{}, badDraft(1, "parameters", "no_parameter", "the file is empty.")
	case start[0] == '{' || start[0] == '[':
		return parseDraftJSON(text)
	}
	y := yamlReader{}
	if err := y.split(text); err != nil {
		return draftNode{}, err
	}
	if len(y.lines) == 0 {
		return draftNode{}, badDraft(1, "parameters", "no_parameter", "the file holds only comments.")
	}
	root, err := y.block(y.lines[0].indent, 0)
	if err == nil && y.at < len(y.lines) {
		err = y.wrong(y.lines[y.at], "this line is indented differently from those it belongs to")
	}
	return root, err
}

func parseDraftJSON(text string) (draftNode, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	number, counted := 1, 0
	line := func() int {
		at := min(int(d.InputOffset()), len(text))
		number += strings.Count(text[counted:at], "\n")
		counted = at
		return number
	}
	bad := func(message string) error { return badDraft(line(), "file", "bad_json", message) }
	var value func(depth int) (draftNode, error)
	value = func(depth int) (draftNode, error) {
		token, err := d.Token()
		if err != nil {
			var syntax *json.SyntaxError
			if errors.As(err, &syntax) {
				at := 1 + strings.Count(text[:min(int(syntax.Offset), len(text))], "\n")
				return draftNode{}, badDraft(at, "file", "bad_json", "this is no JSON: "+err.Error()+".")
			}
			return draftNode{}, bad("the JSON breaks off.")
		}
		n := draftNode{line: line()}
		if depth > maxDraftDepth {
			return n, bad("this is nested too deeply.")
		}
		switch token := token.(type) {
		case json.Delim:
			n.isList, n.isNamed = token == '[', token == '{'
			for d.More() {
				v, err := value(depth + 1)
				if err == nil && n.isNamed {
					name := DraftText{v.text, v.line}
					if v, err = value(depth + 1); err == nil {
						err = n.add(name, v)
					}
				} else {
					n.list = append(n.list, v)
				}
				if err != nil {
					return n, err
				}
			}
			if _, err := d.Token(); err != nil {
				return n, bad("the JSON breaks off or is not closed rightly.")
			}
		case string:
			n.text = token
		case nil:
			return n, bad("null is no value here.")
		default:
			n.text = fmt.Sprint(token)
		}
		return n, nil
	}
	root, err := value(0)
	if err != nil {
		return root, err
	}
	if _, err := d.Token(); err != io.EOF {
		return root, bad("something follows the end of the JSON.")
	}
	return root, nil
}

// yamlReader reads the block form of YAML, line by line.
type yamlReader struct {
	lines []yamlLine
	at    int
}

type yamlLine struct {
	number, indent int
	text           string
}

func (y *yamlReader) wrong(l yamlLine, message string) error {
	return badDraft(l.number, "file", "bad_yaml", message+".")
}

// split takes the text into lines without comments and blank lines.
func (y *yamlReader) split(text string) error {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		bare := strings.TrimLeft(line, " ")
		l := yamlLine{number, len(line) - len(bare), strings.TrimRight(withoutComment(bare), " \t")}
		switch {
		case l.text == "" || l.text == "---" && len(y.lines) == 0:
			continue
		case l.text == "---" || l.text == "...":
			return y.wrong(l, "one document is read from a file")
		case strings.HasPrefix(l.text, "\t"):
			return y.wrong(l, "indent with spaces, not with tabs")
		}
		y.lines = append(y.lines, l)
	}
	return nil
}

// withoutComment cuts a comment off: a number sign at the start or after a
// space, outside quotes.
func withoutComment(s string) string {
	quote := byte(0)
	for i := range len(s) {
		c := s[i]
		opens := i == 0 || s[i-1] == ' ' || s[i-1] == '[' || s[i-1] == ','
		switch {
		case quote != 0:
			if c == quote && (quote == '\'' || s[i-1] != '\\') {
				quote = 0
			}
		case (c == '"' || c == '\'') && opens:
			quote = c
		case c == '#' && (i == 0 || s[i-1] == ' ' || s[i-1] == '\t'):
			return s[:i]
		}
	}
	return s
}

// block reads what stands at this indentation.
func (y *yamlReader) block(indent, depth int) (draftNode, error) {
	first := y.lines[y.at]
	if depth > maxDraftDepth {
		return draftNode{}, y.wrong(first, "this is nested too deeply")
	}
	n := draftNode{line: first.number}
	if n.isList = isItem(first.text); !n.isList {
		if _, _, n.isNamed = cutName(first.text); !n.isNamed {
			y.at++
			return y.scalar(first, first.text)
		}
	}
	for y.at < len(y.lines) && y.lines[y.at].indent == indent && isItem(y.lines[y.at].text) == n.isList {
		l := &y.lines[y.at]
		if n.isList {
			rest := strings.TrimLeft(l.text[1:], " ")
			if rest == "" {
				return n, y.wrong(*l, "something is needed after the dash, on the same line")
			}
			// What follows the dash begins a block of its own, where it stands.
			l.indent, l.text = l.indent+len(l.text)-len(rest), rest
			item, err := y.block(l.indent, depth+1)
			if err != nil {
				return n, err
			}
			n.list = append(n.list, item)
			continue
		}
		name, rest, ok := cutName(l.text)
		if !ok {
			return n, y.wrong(*l, "a name and a colon are needed here")
		}
		y.at++
		var value draftNode
		var err error
		switch next := y.at < len(y.lines); {
		case rest != "":
			value, err = y.scalar(*l, rest)
		case next && (y.lines[y.at].indent > indent || y.lines[y.at].indent == indent && isItem(y.lines[y.at].text)):
			value, err = y.block(y.lines[y.at].indent, depth+1)
		default:
			err = badDraft(l.number, clip(name), "missing_value", "a value is needed after the colon.")
		}
		if err == nil {
			err = n.add(DraftText{name, l.number}, value)
		}
		if err != nil {
			return n, err
		}
	}
	if y.at < len(y.lines) && y.lines[y.at].indent > indent {
		return n, y.wrong(y.lines[y.at], "this line is indented further than those it belongs to")
	}
	return n, nil
}

func isItem(s string) bool { return s == "-" || strings.HasPrefix(s, "- ") }

// cutName cuts "name: rest".
func cutName(s string) (name, rest string, ok bool) {
	if s[0] == '"' || s[0] == '\'' || s[0] == '[' {
		return "", "", false
	}
	name, rest, ok = strings.Cut(s, ":")
	if !ok || rest != "" && rest[0] != ' ' || strings.ContainsAny(name, " \t") || name == "" {
		return "", "", false
	}
	return name, strings.TrimSpace(rest), true
}

// scalar reads one value: plain, in quotes, or a list in brackets.
func (y *yamlReader) scalar(l yamlLine, s string) (draftNode, error) {
	n := draftNode{line: l.number, text: s}
	switch s[0] {
	case '[':
		n.isList, n.text = true, ""
		inner, ok := strings.CutSuffix(s[1:], "]")
		if !ok || strings.ContainsAny(inner, "[]{}\"'") {
			return n, y.wrong(l, "a list in brackets ends on the same line and holds plain values")
		}
		for part := range strings.SplitSeq(inner, ",") {
			if part = strings.TrimSpace(part); part != "" {
				n.list = append(n.list, draftNode{line: l.number, text: part})
			}
		}
	case '"':
		text, err := strconv.Unquote(s)
		if err != nil {
			return n, y.wrong(l, "the quotes are not closed, or something follows them")
		}
		n.text = text
	case '\'':
		if len(s) < 2 || s[len(s)-1] != '\'' || strings.Contains(strings.ReplaceAll(s[1:len(s)-1], "''", ""), "'") {
			return n, y.wrong(l, "the quotes are not closed, or something follows them")
		}
		n.text = strings.ReplaceAll(s[1:len(s)-1], "''", "'")
	case '{', '|', '>', '&', '*', '!', '%', '@', '`':
		return n, y.wrong(l, "this form of YAML is not read here: put the value in quotes on one line")
	default:
		if strings.Contains(s, ": ") || strings.HasSuffix(s, ":") {
			return n, y.wrong(l, "a value with a colon stands in quotes")
		}
	}
	return n, nil
}
