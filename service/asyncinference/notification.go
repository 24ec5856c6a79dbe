package asyncinference

import (
	"encoding/base64"
	"encoding/json"
	"time"
	"unicode/utf8"
)

// notification is what topics are told (Async-2).
type notification struct {
	Region        string        `json:"awsRegion"`
	EventTime     string        `json:"eventTime"`
	ReceivedTime  string        `json:"receivedTime"`
	Status        string        `json:"invocationStatus"`
	FailureReason string        `json:"failureReason,omitempty"`
	Request       asked         `json:"requestParameters"`
	Response      *responded    `json:"responseParameters,omitempty"`
	Body          *responseBody `json:"responseBody,omitempty"`
	InferenceID   string        `json:"inferenceId"`
	Version       string        `json:"eventVersion"`
	Source        string        `json:"eventSource"`
	Name          string        `json:"eventName"`
}

type asked struct {
	ContentType   string `json:"contentType,omitempty"`
	Endpoint      string `json:"endpointName"`
	InputLocation string `json:"inputLocation"`
}

type responded struct {
	ContentType    string `json:"contentType,omitempty"`
	OutputLocation string `json:"outputLocation,omitempty"`
}

// responseBody is an answer that the configuration wants in its notifications.
type responseBody struct {
	Content  string `json:"content"`
	Encoding string `json:"encoding"`
}

// completed tells of an answer.
func (s *Service) completed(w work, r *request, a *answer) string {
	n := s.notification(w, r, "Completed")
	n.Response = &responded{a.contentType, r.OutputLocation}
	n.Body = a.body()
	return n.text()
}

// broke tells of a failure; a is what the model said, to be told if it is not long.
func (s *Service) broke(w work, r *request, f *failure, a *answer) string {
	n := s.notification(w, r, "Failed")
	if f.expired {
		n.Status = "Expired"
	}
	n.FailureReason = f.reason
	if r.FailureLocation != "" {
		n.Response = &responded{a.contentType, r.FailureLocation}
	}
	n.Body = a.body()
	return n.text()
}

func (s *Service) notification(w work, r *request, status string) *notification {
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
	return &notification{
		Region: w.Region, EventTime: at(s.Now()), ReceivedTime: at(r.acceptedAt), Status: status,
		Request:     asked{r.ContentType, w.Endpoint, r.InputLocation},
		InferenceID: r.InferenceID, Version: "1.0", Source: "aws:sagemaker", Name: "InferenceResult",
	}
}

// body is the answer as notifications carry it, nil where it is too long.
func (a *answer) body() *responseBody {
	switch {
	case a.long:
		return nil
	case utf8.Valid(a.data):
		return &responseBody{string(a.data), "UTF8"}
	}
	return &responseBody{base64.StdEncoding.EncodeToString(a.data), "BASE64"}
}

func (n *notification) text() string {
	b, _ := json.Marshal(n) // strings alone cannot fail
	return string(b)
}
