package modelcard

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/sagebrush/sagebrush/aws"
)

//go:embed schema.json
var schemaText []byte

// content checks the contents of cards against the schema that clients keep.
type content struct{ schema *jsonschema.Schema }

// newContent compiles the schema. It panics when that is not one, which a test
// would show.
func newContent() content {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("model-card.json", doc); err != nil {
		panic(err)
	}
	return content{c.MustCompile("model-card.json")}
}

// check refuses a content that is no JSON object of the schema, and names the
// member and what is wrong with it.
func (c content) check(text string) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return aws.Invalid("The Content of the model card is not JSON: %s.", describe(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return aws.Invalid("The Content of the model card is not JSON: there is more after the first value.")
	}
	err := c.schema.Validate(v)
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	for len(invalid.Causes) > 0 {
		invalid = invalid.Causes[0]
	}
	reason := invalid.ErrorKind.LocalizedString(message.NewPrinter(language.English))
	return aws.Invalid("The Content of the model card does not follow the model card JSON schema: %s: %s.", place(invalid.InstanceLocation), reason)
}

// describe is what is wrong with a JSON text.
func describe(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends too early"
	}
	return err.Error()
}

// place prints where in the content something is: evaluation_details[0].name.
func place(path []string) string {
	var b strings.Builder
	for _, name := range path {
		if _, err := strconv.Atoi(name); err == nil {
			fmt.Fprintf(&b, "[%s]", name)
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(name)
	}
	if b.Len() == 0 {
		return "the whole"
	}
	return b.String()
}

// summary is what Search finds cards by, of their content.
type summary struct {
	ModelOverview struct {
		ModelID string `json:"model_id"`
	} `json:"model_overview"`
	ModelPackageDetails struct {
		ARN   string `json:"model_package_arn"`
		Group string `json:"model_package_group_name"`
	} `json:"model_package_details"`
	IntendedUses struct {
		RiskRating string `json:"risk_rating"`
	} `json:"intended_uses"`
}

// modelID is the model that the card is about: a model, or a model package.
func (s *summary) modelID() string {
	if s.ModelOverview.ModelID != "" {
		return s.ModelOverview.ModelID
	}
	return s.ModelPackageDetails.ARN
}
