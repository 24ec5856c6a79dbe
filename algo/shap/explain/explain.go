package explain

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"

	"github.com/jmespath/go-jmespath"

	"github.com/sagebrush/sagebrush/algo/shap"
	"github.com/sagebrush/sagebrush/aws"
)

// Request is what a client asks an endpoint that explains.
type Request struct {
	Payload
	// Accept is what the client asks the model to answer in, "" to leave it to the
	// model.
	Accept string
	// Enable is the header EnableExplanations, which goes before the configuration's;
	// "" for none.
	Enable string
}

// Explain answers a request: the model's predictions, and the explanations of those
// records that EnableExplanations chooses. model is asked one request at a time.
func (e *Explainer) Explain(ctx context.Context, r Request, model Model) (Payload, error) {
	enable := e.enable
	if r.Enable != "" {
		var err error
		if enable, err = jmespath.Compile(r.Enable); err != nil {
			return Payload{}, aws.Errorf(aws.ValidationError, "EnableExplanations is no valid JMESPath expression: %s: %v.", r.Enable, err)
		}
	}
	if !readable(r.Accept) {
		return Payload{}, aws.Errorf(aws.ValidationError, "Accept is what the model answers in, and answers in %q cannot be explained: name %s or %s. The whole answer is JSON all the same.", r.Accept, mimeCSV, mimeJSONLines)
	}
	records, err := e.read(r.Payload)
	if err != nil {
		return Payload{}, err
	}
	predicted, list, err := e.predict(ctx, r.Payload, records, model)
	if err != nil {
		return Payload{}, err
	}
	seed := rand.Uint64()
	if s := e.config.ShapConfig.Seed; s != nil {
		seed = uint64(*s)
	}
	explained := make([][]feature, len(records))
	for i, p := range list {
		wanted, err := enabled(enable, p)
		if err != nil {
			return Payload{}, err
		}
		if !wanted {
			continue
		}
		if explained[i], err = e.one(ctx, r.ContentType, i, records[i], p, seed, model); err != nil {
			return Payload{}, err
		}
	}
	return e.response(predicted, list, explained)
}

// read takes a request apart and checks it against the baseline.
func (e *Explainer) read(p Payload) ([]record, error) {
	records, err := e.format.read(p.ContentType, p.Data)
	if err != nil {
		return nil, aws.Errorf(aws.ValidationError, "The request cannot be explained: %v.", err)
	}
	if len(records) == 0 {
		return nil, aws.Errorf(aws.ValidationError, "The request has no records to explain.")
	}
	if mediaType(p.ContentType) == mimeJSONLines && e.format.features != nil && e.format.template == "" {
		return nil, aws.Errorf(aws.ValidationError, "Records in %s can only be explained with a ContentTemplate, which the endpoint's configuration does not have.", mimeJSONLines)
	}
	for i, r := range records {
		if n := len(e.baseline[0].cells); len(r.cells) != n {
			return nil, aws.Errorf(aws.ValidationError, "Record %d of the request has %d features, and those of the SHAP baseline have %d.", i, len(r.cells), n)
		}
	}
	return records, nil
}

// predict asks for the predictions of the records themselves, with the client's own
// body if that is not too large for the model.
func (e *Explainer) predict(ctx context.Context, p Payload, records []record, model Model) (Payload, []prediction, error) {
	list := make([]prediction, len(records))
	var whole Payload
	a := &asking{Explainer: e, model: model, contentType: p.ContentType}
	a.take = func(first int, some []prediction, answer Payload) error {
		copy(list[first:], some)
		if first == 0 {
			whole = Payload{answer.ContentType, bytes.Clone(answer.Data)}
		} else {
			whole.Data = append(append(bytes.TrimRight(whole.Data, "\r\n"), '\n'), answer.Data...)
		}
		return nil
	}
	rows := make([][]byte, len(records))
	for i, r := range records {
		if rows[i] = r.raw; r.raw == nil {
			rows[i] = e.format.write(p.ContentType, r.cells)
		}
	}
	if len(rows) <= a.limit() && len(p.Data) <= e.bytes {
		err := a.send(ctx, 0, rows, p.Data)
		return whole, list, err
	}
	for _, row := range rows {
		if err := a.add(ctx, row); err != nil {
			return whole, nil, err
		}
	}
	err := a.flush(ctx)
	return whole, list, err
}

// enabled says whether a record is to be explained (Explain-2).
func enabled(enable *jmespath.JMESPath, p prediction) (bool, error) {
	if enable == nil {
		return true, nil
	}
	result, err := enable.Search(p.whole)
	if err != nil {
		return false, aws.Errorf(aws.ValidationError, "EnableExplanations cannot be applied to the model's answer %s: %v.", describe(p.whole), err)
	}
	wanted, ok := result.(bool)
	if !ok {
		return false, aws.Errorf(aws.ValidationError, "EnableExplanations says %s of the model's answer %s, and not true or false.", describe(result), describe(p.whole))
	}
	return wanted, nil
}

// one explains one record.
func (e *Explainer) one(ctx context.Context, contentType string, number int, r record, p prediction, seed uint64, model Model) ([]feature, error) {
	g := e.game(r)
	run, err := shap.Begin(shap.Options{
		Samples: int(aws.Val(e.config.ShapConfig.NumberOfSamples)), Seed: seed, Logit: aws.Val(e.config.ShapConfig.UseLogit),
	}, g.varies(), len(e.baseline))
	if err != nil {
		return nil, aws.Errorf(aws.ValidationError, "Record %d cannot be explained: %v.", number, err)
	}
	a := &asking{Explainer: e, model: model, contentType: contentType}
	a.take = func(first int, list []prediction, _ Payload) error {
		for i, p := range list {
			if err := run.Answer(first+i, p.scores); err != nil {
				return unreadable(err)
			}
		}
		return nil
	}
	for i := range run.Len() {
		if err := a.add(ctx, e.format.write(contentType, g.row(run.Query(i)))); err != nil {
			return nil, err
		}
	}
	if err := a.flush(ctx); err != nil {
		return nil, err
	}
	explanation, err := run.Finish(p.scores)
	if err != nil {
		return nil, unreadable(err)
	}
	return g.features(explanation), nil
}

// response is the answer to the client (Explain-4).
func (e *Explainer) response(predicted Payload, list []prediction, explained [][]feature) (Payload, error) {
	out := response{
		Version:      "1.0",
		Predictions:  predictions{predicted.ContentType, string(predicted.Data)},
		LabelHeaders: e.inference.LabelHeaders,
	}
	if len(out.LabelHeaders) == 0 {
		out.LabelHeaders = list[0].labels
	}
	if out.LabelHeaders == nil {
		out.LabelHeaders = []string{}
	}
	if slices.ContainsFunc(explained, func(f []feature) bool { return f != nil }) {
		out.Explanations.KernelSHAP = explained
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(out); err != nil {
		return Payload{}, err
	}
	return Payload{"application/json", bytes.TrimSuffix(b.Bytes(), []byte("\n"))}, nil
}
