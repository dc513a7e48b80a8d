package law

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// DraftNode is a piece of a draft as a file holds it: a text, a list, or
// members by name. List is nil where there is no list, Members where there are
// no members.
type DraftNode struct {
	Line    int // of the file, from 1
	Text    string
	List    []DraftNode
	Members []DraftMember
}

// DraftMember is one member of a node, in the order of the file; a name may
// stand there twice, which is refused when it is read.
type DraftMember struct {
	Name  DraftText
	Value DraftNode
}

// draftedParam is one parameter of a draft.
type draftedParam struct {
	name DraftText
	rows []DraftRow
}

// draftParams takes a draft apart: one parameter, a list of them, or a list
// under the name "parameters".
func draftParams(root DraftNode) ([]draftedParam, error) {
	if len(root.Members) == 1 && root.Members[0].Name.Text == "parameters" {
		root = root.Members[0].Value
	}
	list := []DraftNode{root}
	if root.List != nil {
		list = root.List
	}
	if len(list) == 0 {
		return nil, BadDraft(root.Line, "parameters", "no_parameter", "the file amends nothing. Write a list of parameters, each with its name and its rows.")
	}
	params := make([]draftedParam, len(list))
	for i, n := range list {
		var unit DraftText
		var rows DraftNode
		if err := n.take("parameters["+strconv.Itoa(i)+"]", map[string]any{"name": &params[i].name, "rows": &rows, "unit": &unit}, "unit"); err != nil {
			return nil, err
		}
		if len(rows.List) == 0 {
			return nil, BadDraft(rows.Line, clip(params[i].name.Text)+".rows", "no_rows", "the parameter needs a list of rows, each with from, value and cite.")
		}
		params[i].rows = make([]DraftRow, len(rows.List))
		for k, row := range rows.List {
			d := &params[i].rows[k]
			at := clip(params[i].name.Text) + ".rows[" + strconv.Itoa(k) + "]"
			if err := row.take(at, map[string]any{"from": &d.From, "value": &d.Value, "cite": &d.Cite, "note": &d.Note}, "note"); err != nil {
				return nil, err
			}
		}
	}
	return params, nil
}

// take reads the members of a node into texts and nodes, each of which must be
// there unless it is optional. Others are refused.
func (n DraftNode) take(at string, into map[string]any, optional ...string) error {
	names := slices.Sorted(maps.Keys(into))
	if n.Members == nil {
		return BadDraft(n.Line, at, "no_members", "members are needed here: "+strings.Join(names, ", ")+".")
	}
	taken := map[string]bool{}
	for _, m := range n.Members {
		name := m.Name.Text
		var err error
		switch target := into[name].(type) {
		case nil:
			return BadDraft(m.Name.Line, at+"."+clip(name), "unknown_member", "the members here are "+strings.Join(names, ", ")+".")
		case *DraftNode:
			*target = m.Value
		case *DraftText:
			*target, err = m.Value.asText(at + "." + name)
		}
		switch {
		case taken[name]:
			return BadDraft(m.Name.Line, name, "member_twice", "this member stands here twice.")
		case err != nil:
			return err
		}
		taken[name] = true
	}
	for _, name := range names {
		if !taken[name] && !slices.Contains(optional, name) {
			return BadDraft(n.Line, at+"."+name, "missing_member", "this member is missing.")
		}
	}
	return nil
}

// asText is a plain value, or a list of them as one text.
func (n DraftNode) asText(at string) (DraftText, error) {
	text := DraftText{n.Text, n.Line}
	if n.Members != nil {
		return text, BadDraft(n.Line, at, "no_text", "one value is needed here.")
	}
	if n.List == nil {
		return text, nil
	}
	words, separator := make([]string, len(n.List)), " "
	for i, v := range n.List {
		if v.List != nil || v.Members != nil {
			return text, BadDraft(v.Line, at, "no_text", "a list here holds plain values.")
		}
		if words[i] = v.Text; strings.Contains(v.Text, " ") {
			separator = "; " // citations have spaces of their own
		}
	}
	text.Text = strings.Join(words, separator)
	return text, nil
}
