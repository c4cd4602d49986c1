// Vectors renders templates with consul-template, and so with Go's own text/template, and writes what
// came out as JSON: what dev.keyturn.template has to make of them, byte for byte.
//
//	go run . > ../../resources/dev/keyturn/template/vectors.json
//
// It is run by hand, where the templates beside it have changed.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/consul-template/dependency"
	"github.com/hashicorp/consul-template/template"
)

type vector struct {
	Template string `json:"template"`
	// Whether a key that is not there is an error.
	Strict bool `json:"strict,omitempty"`
	// Base64: Go's strings need not be UTF-8.
	Output string `json:"output,omitempty"`
	// Where it fails: the line, and for what fails when it is rendered the column, from 1 on.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// What Go says; for people alone.
	Says string `json:"says,omitempty"`
}

var place = regexp.MustCompile(`template: :(\d+)(?::(\d+))?: `)

func main() {
	read, err := dependency.NewVaultReadQuery("secret/data/app")
	check(err)
	list, err := dependency.NewVaultListQuery("secret/metadata/")
	check(err)
	brain := template.NewBrain()
	data := map[string]interface{}{}
	secret, err := os.ReadFile("../../resources/dev/keyturn/template/secret.json")
	check(err)
	decoder := json.NewDecoder(bytes.NewReader(secret))
	decoder.UseNumber()
	check(decoder.Decode(&data))
	brain.Remember(read, &dependency.Secret{LeaseID: "lease/1", LeaseDuration: 3600, Renewable: true, Data: data})
	brain.Remember(list, []string{"a", "b/", "c"})

	// One template a line, and those of several lines.
	short, err := os.ReadFile("lines.txt")
	check(err)
	long, err := os.ReadFile("templates.txt")
	check(err)
	var vectors []vector
	parts := bytes.Split(bytes.TrimSuffix(short, []byte("\n")), []byte("\n"))
	for _, part := range append(parts, bytes.Split(long, []byte("\n----\n"))...) {
		contents := strings.TrimSuffix(string(part), "\n")
		v := vector{Template: contents}
		if strings.HasPrefix(contents, "STRICT\n") {
			v.Template = strings.TrimPrefix(contents, "STRICT\n")
			v.Strict = true
		}
		// A line of its own for what an editor would not keep.
		v.Template = strings.ReplaceAll(v.Template, "«tab»", "\t")
		t, err := template.NewTemplate(&template.NewTemplateInput{Contents: v.Template, ErrMissingKey: v.Strict})
		check(err)
		result, err := t.Execute(&template.ExecuteInput{Brain: brain})
		if err != nil {
			v.Says = err.Error()
			found := place.FindStringSubmatch(v.Says)
			if found == nil {
				check(fmt.Errorf("%s: no place in %s", v.Template, v.Says))
			}
			v.Line, _ = strconv.Atoi(found[1])
			if found[2] != "" {
				v.Column, _ = strconv.Atoi(found[2])
				v.Column++
			}
		} else {
			v.Output = base64.StdEncoding.EncodeToString(result.Output)
		}
		vectors = append(vectors, v)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	check(out.Encode(vectors))
	fmt.Fprintln(os.Stderr, len(vectors), "vectors")
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
