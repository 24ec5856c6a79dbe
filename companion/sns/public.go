package sns

import (
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Public answers what subscribers, who have no keys, ask for: the certificate, and
// the addresses that messages carry to confirm and to end a subscription. Everything
// else goes to next.
func (s *Service) Public(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet || r.Header.Get("Authorization") != "":
		case strings.HasPrefix(r.URL.Path, "/SimpleNotificationService-"):
			s.certificate(w, r)
			return
		case r.URL.Path == "/" && r.URL.RawQuery != "":
			q := r.URL.Query()
			if q.Has("X-Amz-Signature") {
				break
			}
			switch q.Get("Action") {
			case "ConfirmSubscription":
				s.visited(w, r, "ConfirmSubscription", q.Get("TopicArn"), func(tx *store.Tx, scope aws.Scope) (*subscriber, error) {
					return confirm(tx, scope, q.Get("TopicArn"), q.Get("Token"), q.Get("AuthenticateOnUnsubscribe") == "true")
				})
				return
			case "Unsubscribe":
				s.visited(w, r, "Unsubscribe", q.Get("SubscriptionArn"), func(tx *store.Tx, scope aws.Scope) (*subscriber, error) {
					found, err := findSubscription(tx, scope, q.Get("SubscriptionArn"))
					if err == nil && found.Body.Guarded {
						err = invalid("SubscriptionArn Reason: only its owner may end the subscription.")
					}
					if err == nil {
						err = subscriptions.Delete(tx, scope, found.Name)
					}
					return found, err
				})
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Service) certificate(w http.ResponseWriter, r *http.Request) {
	_, cert, err := s.signer.load(r.Context())
	switch {
	case err != nil:
		s.Logger.Error("the certificate of messages cannot be read", "error", err)
		http.Error(w, "The certificate cannot be read at the moment.", http.StatusInternalServerError)
	case r.URL.Path != certPath(cert):
		http.NotFound(w, r)
	default:
		w.Header().Set("Content-Type", "application/x-x509-ca-cert")
		_, _ = w.Write([]byte(cert))
	}
}

// visited does what an address in a message is for. Whoever has the address may: it
// holds the token, or the id, that only the subscriber was sent.
func (s *Service) visited(w http.ResponseWriter, r *http.Request, action, arn string, do func(tx *store.Tx, scope aws.Scope) (*subscriber, error)) {
	var found *subscriber
	a, ok := aws.ParseARN(arn)
	err := invalid("the ARN is none")
	if ok {
		err = s.DB.Update(r.Context(), func(tx *store.Tx) (err error) {
			found, err = do(tx, aws.Scope{Account: a.Account, Region: a.Region})
			return err
		})
	}
	type result struct {
		SubscriptionArn string `xml:"SubscriptionArn,omitempty"`
	}
	type failure struct{ Type, Code, Message string }
	answer := struct {
		XMLName xml.Name
		Result  *result  `xml:",omitempty"`
		Error   *failure `xml:"Error,omitempty"`
	}{XMLName: xml.Name{Space: "http://sns.amazonaws.com/doc/2010-03-31/", Local: action + "Response"}}
	status := http.StatusOK
	switch code := aws.CodeOf(err); {
	case err == nil && action == "ConfirmSubscription":
		answer.Result = &result{found.ARN}
	case err == nil:
	case code == notFound || code == invalidParameter:
		status, answer.XMLName.Local, answer.Error = http.StatusBadRequest, "ErrorResponse", &failure{"Sender", string(code), err.Error()}
	default:
		s.Logger.Error("a subscription cannot be changed", "action", action, "error", err)
		status, answer.XMLName.Local, answer.Error = http.StatusInternalServerError, "ErrorResponse", &failure{"Receiver", "InternalError", "It could not be done. Try again."}
	}
	text, _ := xml.Marshal(answer)
	if answer.Result != nil { // its element is called after the action
		text = []byte(strings.NewReplacer("<Result>", "<"+action+"Result>", "</Result>", "</"+action+"Result>").Replace(string(text)))
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
