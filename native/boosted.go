package native

import (
	"net/http"

	"github.com/sagebrush/sagebrush/algo/trees"
)

// boosted is the style of the image xgboost (images/xgboost/xgbimage/serving.py).
type boosted struct{ m *trees.Model }

func (s boosted) accept(header string) (string, error) {
	return choose(header, textCSV, inJSON, jsonLines)
}

func (s boosted) read(rows []float32, body []byte, contentType string) ([]float32, bool, error) {
	if contentType == "" {
		contentType = textCSV
	}
	switch base(contentType) {
	case "csv", textCSV, "libsvm", "text/libsvm", "text/x-libsvm":
	case "application/x-parquet", "parquet", "application/x-recordio-protobuf", "recordio-protobuf":
		return nil, false, refuse(http.StatusUnsupportedMediaType, "This model is served natively, which reads text/csv and text/libsvm, not %s.", base(contentType))
	default:
		return nil, false, refuse(http.StatusUnsupportedMediaType,
			"Channel of the request has content type %s; this image reads application/x-parquet, application/x-recordio-protobuf, csv, libsvm, parquet, recordio-protobuf, text/csv, text/libsvm, text/x-libsvm.", contentType)
	}
	if parameter(contentType, "label_size", "1") != "1" {
		return nil, false, refuse(http.StatusUnsupportedMediaType, "Channel of the request has content type %s; label_size must be 1.", contentType)
	}
	if kind := base(contentType); kind != "csv" && kind != textCSV {
		rows, err := readLibsvm(rows, body, s.m.Features)
		return rows, true, err
	}
	rows, err := readRows(rows, body, s.m.Features)
	return rows, false, err
}

// readRows reads CSV that must have a model's columns.
func readRows(rows []float32, body []byte, features int) ([]float32, error) {
	rows, columns, err := readCSV(rows, body)
	if err == nil && columns != features {
		err = bad("The request has %d features, the model %d; requests carry no label.", columns, features)
	}
	return rows, err
}

func (s boosted) write(out []byte, predictions []float64, kind string) []byte {
	n := s.m.Outputs
	switch kind {
	case inJSON:
		out = append(out, `{"predictions": [`...)
		for i := 0; i < len(predictions); i += n {
			if i > 0 {
				out = append(out, ", "...)
			}
			out = append(appendRow(append(out, `{"score": `...), predictions[i:i+n]), '}')
		}
		return append(out, "]}"...)
	case jsonLines:
		for i := 0; i < len(predictions); i += n {
			out = append(appendRow(append(out, `{"score": `...), predictions[i:i+n]), "}\n"...)
		}
		return out
	}
	if len(predictions) == 0 { // rows that were all remarks
		return append(out, '\n')
	}
	return appendLines(out, predictions, n)
}

// appendLines writes predictions as CSV.
func appendLines(out []byte, predictions []float64, n int) []byte {
	for i, f := range predictions {
		out = appendFloat(out, f)
		if (i+1)%n == 0 {
			out = append(out, '\n')
		} else {
			out = append(out, ',')
		}
	}
	return out
}
