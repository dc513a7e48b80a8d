package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/yaml"
)

// document is the API's description, written once by Seal: for programs as
// OpenAPI 3.1, for people as a page.
type document struct {
	json, yaml  []byte
	title, main template.HTML
}

func (m *Mux) writeDocument() error {
	o := m.api.OpenAPI()
	raw, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("web: API document: %w", err)
	}
	var indented, yamled bytes.Buffer
	if err := json.Indent(&indented, raw, "", "  "); err != nil {
		return fmt.Errorf("web: API document: %w", err)
	}
	indented.WriteByte('\n')
	if err := yaml.Convert(&yamled, bytes.NewReader(raw)); err != nil {
		return fmt.Errorf("web: API document: %w", err)
	}
	title, main, err := m.own.reference.parts(reference(o))
	m.document = document{indented.Bytes(), yamled.Bytes(), title, main}
	return err
}

// OpenAPI returns the API's document in JSON, the same bytes for the same
// operations. It is empty before Seal.
func (m *Mux) OpenAPI() []byte { return bytes.Clone(m.document.json) }

func (m *Mux) serveJSONDocument(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/vnd.oai.openapi+json; version=3.1")
	w.Write(m.document.json)
}

func (m *Mux) serveYAMLDocument(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/vnd.oai.openapi; version=3.1")
	w.Write(m.document.yaml)
}

// referencePage is the API's reference for people.
type referencePage struct {
	Title, Version, Description string
	Groups                      []refGroup
	Schemas                     []refSchema
	Problems                    []refProblem
}

type refGroup struct {
	Name       string
	Operations []refOperation
}

type refOperation struct {
	ID, Method, Path, Summary, Description string
	Operation, Article                     string
	Open                                   bool
	Parameters                             []refField
	Body                                   *refContent
	Answers                                []refContent
}

type refContent struct {
	Status, About string
	Type          refType
	Example       string
}

type refSchema struct {
	Name, About string
	Fields      []refField
}

type refField struct {
	Name, In, About, Limits string
	Type                    refType
	Required                bool
}

// refType is a type in words, with the schema to look up, if any.
type refType struct{ Words, Schema string }

type refProblem struct {
	Name, Title, Advice string
	Status              int
}

func reference(o *huma.OpenAPI) referencePage {
	page := referencePage{Title: o.Info.Title, Version: o.Info.Version, Description: o.Info.Description}
	groups := map[string][]refOperation{}
	for _, path := range slices.Sorted(maps.Keys(o.Paths)) {
		item := o.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				name := "Other"
				if len(op.Tags) > 0 {
					name = op.Tags[0]
				}
				groups[name] = append(groups[name], refOperationOf(o, op))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		page.Groups = append(page.Groups, refGroup{name, groups[name]})
	}
	schemas := o.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		page.Schemas = append(page.Schemas, refSchema{name, schemas[name].Description, refFields(o, schemas[name])})
	}
	for _, k := range append(slices.Clone(kinds), fault) {
		page.Problems = append(page.Problems, refProblem{k.Name, k.Title, k.Advice, k.Status})
	}
	return page
}

func refOperationOf(o *huma.OpenAPI, op *huma.Operation) refOperation {
	r := refOperation{
		ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description,
		Open: len(op.Security) == 0,
	}
	r.Operation, _ = op.Extensions["x-operation"].(string)
	r.Article, _ = op.Extensions["x-article"].(string)
	for _, p := range op.Parameters {
		r.Parameters = append(r.Parameters, refField{
			Name: p.Name, In: p.In, About: p.Description, Required: p.Required,
			Type: typeInWords(p.Schema), Limits: limitsInWords(p.Schema),
		})
	}
	if op.RequestBody != nil {
		if c := op.RequestBody.Content["application/json"]; c != nil {
			r.Body = &refContent{Type: typeInWords(c.Schema), Example: exampleText(o, c.Schema)}
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		a := refContent{Status: status, About: op.Responses[status].Description}
		for _, mediaType := range slices.Sorted(maps.Keys(op.Responses[status].Content)) {
			schema := op.Responses[status].Content[mediaType].Schema
			a.Type = typeInWords(schema)
			if mediaType == "application/json" {
				a.Example = exampleText(o, schema)
			}
		}
		r.Answers = append(r.Answers, a)
	}
	return r
}

func refFields(o *huma.OpenAPI, s *huma.Schema) []refField {
	var fields []refField
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		fields = append(fields, refField{
			Name: name, About: p.Description, Required: slices.Contains(s.Required, name),
			Type: typeInWords(p), Limits: limitsInWords(p),
		})
	}
	slices.SortStableFunc(fields, func(a, b refField) int {
		return cmp.Compare(strconv.FormatBool(b.Required), strconv.FormatBool(a.Required))
	})
	return fields
}

func typeInWords(s *huma.Schema) refType {
	switch {
	case s == nil:
		return refType{Words: "nothing"}
	case s.Ref != "":
		name := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		return refType{name, name}
	case s.Type == huma.TypeArray:
		t := typeInWords(s.Items)
		return refType{"list of " + t.Words, t.Schema}
	case s.ContentEncoding != "":
		return refType{Words: s.ContentEncoding + " text"}
	case s.Format != "":
		return refType{Words: s.Type + ", " + s.Format}
	case s.Type == "":
		return refType{Words: "any"}
	}
	return refType{Words: s.Type}
}

func limitsInWords(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	var limits []string
	add := func(format string, value any) { limits = append(limits, fmt.Sprintf(format, value)) }
	if len(s.Enum) > 0 {
		words := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			words[i] = fmt.Sprint(e)
		}
		add("one of %s", strings.Join(words, ", "))
	}
	if s.MinLength != nil {
		add("at least %d characters", *s.MinLength)
	}
	if s.MaxLength != nil {
		add("at most %d characters", *s.MaxLength)
	}
	if s.Minimum != nil {
		add("at least %v", *s.Minimum)
	}
	if s.Maximum != nil {
		add("at most %v", *s.Maximum)
	}
	if s.MinItems != nil {
		add("at least %d entries", *s.MinItems)
	}
	if s.MaxItems != nil {
		add("at most %d entries", *s.MaxItems)
	}
	if s.Pattern != "" {
		add("matches %s", s.Pattern)
	}
	return strings.Join(limits, "; ")
}

func exampleText(o *huma.OpenAPI, s *huma.Schema) string {
	b, err := json.MarshalIndent(example(o, s, 0), "", "  ")
	if err != nil {
		return ""
	}
	return string(b)
}

// example builds a value of the schema from the examples of its fields.
func example(o *huma.OpenAPI, s *huma.Schema, depth int) any {
	if s == nil || depth > 8 {
		return nil
	}
	if s.Ref != "" {
		return example(o, o.Components.Schemas.SchemaFromRef(s.Ref), depth+1)
	}
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Default != nil:
		return s.Default
	case len(s.Enum) > 0:
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		fields := map[string]any{}
		for name, p := range s.Properties {
			if v := example(o, p, depth+1); v != nil {
				fields[name] = v
			}
		}
		return fields
	case huma.TypeArray:
		if v := example(o, s.Items, depth+1); v != nil {
			return []any{v}
		}
		return []any{}
	case huma.TypeBoolean:
		return true
	case huma.TypeInteger, huma.TypeNumber:
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case huma.TypeString:
		switch {
		case s.Format == "date":
			return "2026-04-10"
		case s.Format == "date-time":
			return "2026-04-10T08:30:00Z"
		case s.ContentEncoding == "base64":
			return "AA=="
		}
		return "text"
	}
	return nil
}

func (m *Mux) docsPage(w http.ResponseWriter, r *http.Request) error {
	return m.frame(w, r, visitOf(r.Context()), http.StatusOK, English, m.document.title, m.document.main)
}
