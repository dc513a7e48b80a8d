package main

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"limen/law"
)

// Bounds on a file of rows, above what any needs.
const (
	maxRowsFile  = 256 << 10 // bytes
	maxRowsDepth = 8
)

// readRows reads amendments of the parameters known, as YAML or as JSON, which
// is YAML too. What cannot be read is a *law.Refusal that names the line and the
// field.
func readRows(r io.Reader, known []law.Dated) ([]law.Amendment, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxRowsFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxRowsFile {
		return nil, law.Refuse(law.TooMuch, "draft_too_long", "", fmt.Sprintf("The file is longer than %d bytes.", maxRowsFile))
	}
	text := string(b)
	if json.Valid(b) { // \/ is an escape of JSON alone, and citations have slashes
		text = strings.NewReplacer(`\\`, `\\`, `\/`, `/`).Replace(text)
	}
	doc, second, err := documents(text)
	switch {
	case err != nil:
		problem := regexp.MustCompile(`^yaml: (line \d+: )?`).ReplaceAllString(err.Error(), "")
		return nil, law.BadDraft(failsOn(text, err), "file", "bad_yaml", "this is neither YAML nor JSON: "+problem+".")
	case doc == nil:
		return nil, law.BadDraft(1, "parameters", "no_parameter", "the file is empty.")
	case second != nil:
		return nil, law.BadDraft(second.Line, "file", "bad_yaml", "one document is read from a file.")
	}
	root, err := draftNode(doc.Content[0], "parameters", 0)
	if err != nil {
		return nil, err
	}
	return law.ReadDraft(root, known)
}

// documents reads the first two documents of the text; nil is none.
func documents(text string) (first, second *yaml.Node, err error) {
	d := yaml.NewDecoder(strings.NewReader(text))
	for _, doc := range []**yaml.Node{&first, &second} {
		var n yaml.Node
		switch err := d.Decode(&n); err {
		case nil:
			*doc = &n
		case io.EOF:
			return first, second, nil
		default:
			return nil, nil, err
		}
	}
	return first, second, nil
}

// failsOn is the first line with which the text fails as it does: the error
// itself names the line on which the block around it begins, if any.
func failsOn(text string, err error) int {
	lines := strings.SplitAfter(text, "\n")
	return 1 + sort.Search(len(lines)-1, func(i int) bool {
		_, _, cut := documents(strings.Join(lines[:i+1], ""))
		return cut != nil && cut.Error() == err.Error()
	})
}

// draftNode is what stands in the file, with nothing left to resolve: an alias
// could make a small file large, and a tag or an anchor means nothing here.
func draftNode(n *yaml.Node, name string, depth int) (law.DraftNode, error) {
	d := law.DraftNode{Line: n.Line, Text: n.Value}
	bad := func(message string) (law.DraftNode, error) {
		return d, law.BadDraft(n.Line, "file", "bad_yaml", message)
	}
	switch {
	case depth > maxRowsDepth:
		return bad("this is nested too deeply.")
	case n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0:
		return bad("anchors, aliases and tags are not read here: write the value itself.")
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		return d, law.BadDraft(n.Line, fmt.Sprintf("%.40s", name), "missing_value", "a value is needed here.")
	case n.Kind == yaml.SequenceNode:
		d.List = make([]law.DraftNode, len(n.Content))
	case n.Kind == yaml.MappingNode:
		d.Members = make([]law.DraftMember, len(n.Content)/2)
	}
	for i := range d.List {
		var err error
		if d.List[i], err = draftNode(n.Content[i], name, depth+1); err != nil {
			return d, err
		}
	}
	for i := range d.Members {
		key, err := draftNode(n.Content[2*i], name, depth+1)
		if err == nil && (key.List != nil || key.Members != nil) {
			err = law.BadDraft(key.Line, "file", "bad_yaml", "a plain name is needed before the colon.")
		}
		if err != nil {
			return d, err
		}
		d.Members[i].Name = law.DraftText{Text: key.Text, Line: key.Line}
		if d.Members[i].Value, err = draftNode(n.Content[2*i+1], key.Text, depth+1); err != nil {
			return d, err
		}
	}
	return d, nil
}
