package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
)

// model is an api-2.json file, as far as it is used.
type model struct {
	Metadata struct {
		APIVersion     string `json:"apiVersion"`
		EndpointPrefix string `json:"endpointPrefix"`
		JSONVersion    string `json:"jsonVersion"`
		Protocol       string `json:"protocol"`
		ServiceID      string `json:"serviceId"`
		SigningName    string `json:"signingName"`
		TargetPrefix   string `json:"targetPrefix"`
		XMLNamespace   string `json:"xmlNamespace"`
	} `json:"metadata"`
	Operations map[string]*operation `json:"operations"`
	Shapes     map[string]*shape     `json:"shapes"`
}

type operation struct {
	Name string `json:"name"`
	HTTP struct {
		Method       string `json:"method"`
		RequestURI   string `json:"requestUri"`
		ResponseCode int    `json:"responseCode"`
	} `json:"http"`
	Input  *ref   `json:"input"`
	Output *ref   `json:"output"`
	Errors []*ref `json:"errors"`
}

// ref is a use of a shape, with the traits that belong to the use.
type ref struct {
	Shape            string `json:"shape"`
	Location         string `json:"location"`
	LocationName     string `json:"locationName"`
	ResultWrapper    string `json:"resultWrapper"`
	TimestampFormat  string `json:"timestampFormat"`
	IdempotencyToken bool   `json:"idempotencyToken"`
	Deprecated       bool   `json:"deprecated"`
	JSONValue        bool   `json:"jsonvalue"`
	EventPayload     bool   `json:"eventpayload"`
	Flattened        bool   `json:"flattened"`
}

type shape struct {
	Type            string   `json:"type"`
	Members         members  `json:"members"`
	Required        []string `json:"required"`
	Member          *ref     `json:"member"`
	Key             *ref     `json:"key"`
	Value           *ref     `json:"value"`
	Enum            []string `json:"enum"`
	Pattern         string   `json:"pattern"`
	Min             *float64 `json:"min"`
	Max             *float64 `json:"max"`
	Sensitive       bool     `json:"sensitive"`
	Flattened       bool     `json:"flattened"`
	TimestampFormat string   `json:"timestampFormat"`
	Payload         string   `json:"payload"`
	Union           bool     `json:"union"`
	EventStream     bool     `json:"eventstream"`
	Exception       bool     `json:"exception"`
	Fault           bool     `json:"fault"`
	Error           *struct {
		Code           string `json:"code"`
		HTTPStatusCode int    `json:"httpStatusCode"`
	} `json:"error"`
}

// member is a named use of a shape.
type member struct {
	name string
	ref
}

// members keeps the file's order, which encoding/json's maps would lose.
type members []member

// UnmarshalJSON implements json.Unmarshaler.
func (m *members) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		next := member{name: name.(string)}
		if err := dec.Decode(&next.ref); err != nil {
			return err
		}
		*m = append(*m, next)
	}
	return nil
}

// readModel reads the model of s and checks that what is asked for is there.
func readModel(models string, s service) (*model, error) {
	data, err := os.ReadFile(filepath.Join(models, filepath.FromSlash(s.model), "api-2.json"))
	if err != nil {
		return nil, err
	}
	m := new(model)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%s: %w", s.model, err)
	}
	if err := m.supplement(s.newer); err != nil {
		return nil, err
	}
	m.unify()
	for _, name := range s.operations {
		if m.Operations[name] == nil {
			return nil, fmt.Errorf("%s: no operation %s", s.model, name)
		}
	}
	return m, nil
}

// unify has "string" stand for "String" where a model has both and they are the
// same: in Go they would have one name.
func (m *model) unify() {
	twin := func(r *ref) {
		if r == nil || r.Shape == "" {
			return
		}
		name := exported(r.Shape)
		if other := m.Shapes[name]; name != r.Shape && other != nil && reflect.DeepEqual(other, m.Shapes[r.Shape]) {
			r.Shape = name
		}
	}
	for _, s := range m.Shapes {
		for i := range s.Members {
			twin(&s.Members[i].ref)
		}
		twin(s.Member)
		twin(s.Key)
		twin(s.Value)
	}
}

// newerFiles are facts of operations that are younger than the pinned models,
// in the models' own form.
//
//go:embed newer/*.json
var newerFiles embed.FS

// supplement adds the operations and shapes of a file in newer/. What the pinned
// model has by itself is refused, so that a file goes when the pin has moved.
func (m *model) supplement(file string) error {
	if file == "" {
		return nil
	}
	data, err := newerFiles.ReadFile("newer/" + file)
	if err != nil {
		return err
	}
	var more model
	if err := json.Unmarshal(data, &more); err != nil {
		return fmt.Errorf("newer/%s: %w", file, err)
	}
	for name, op := range more.Operations {
		if m.Operations[name] != nil {
			return fmt.Errorf("newer/%s: the pinned model has the operation %s: remove it here", file, name)
		}
		m.Operations[name] = op
	}
	for name, sh := range more.Shapes {
		if m.Shapes[name] != nil {
			return fmt.Errorf("newer/%s: the pinned model has the shape %s: remove it here", file, name)
		}
		m.Shapes[name] = sh
	}
	return nil
}

// modelsDir finds the models in the module cache, downloading the pinned
// version when it is not there yet.
func modelsDir() (string, error) {
	const sdk = "github.com/aws/aws-sdk-go"
	for _, args := range [][]string{{"list", "-m", "-json", sdk}, {"mod", "download", "-json", sdk}} {
		out, err := goCommand(args...)
		if err != nil {
			return "", err
		}
		var found struct{ Dir string }
		if err := json.Unmarshal(out, &found); err != nil {
			return "", err
		}
		if found.Dir != "" {
			return filepath.Join(found.Dir, "models", "apis"), nil
		}
	}
	return "", errors.New("module " + sdk + " is not in the module cache and cannot be downloaded")
}

// moduleRoot is the directory of the go.mod that the working directory is in.
func moduleRoot() (string, error) {
	out, err := goCommand("env", "GOMOD")
	if err != nil {
		return "", err
	}
	return filepath.Dir(string(bytes.TrimSpace(out))), nil
}

func goCommand(args ...string) ([]byte, error) {
	out, err := exec.Command("go", args...).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("go %v: %s", args, bytes.TrimSpace(exit.Stderr))
	}
	return out, err
}
