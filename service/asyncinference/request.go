package asyncinference

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/sagebrush/sagebrush/store"
)

// request is one that was accepted. Everything that its answer depends on is kept
// as it was then: the endpoint may have another configuration by the time.
type request struct {
	id         string // also the name of its objects
	acceptedAt time.Time
	expiresAt  time.Time
	body
}

// body is the part of a request that is stored as JSON.
type body struct {
	// InferenceID is the client's own, or the id.
	InferenceID string
	// EndpointCreatedAt tells the endpoint from a later one of its name.
	EndpointCreatedAt time.Time
	InputLocation     string
	// OutputLocation and FailureLocation are "" where nothing is to be written.
	OutputLocation    string `json:",omitempty"`
	FailureLocation   string `json:",omitempty"`
	ContentType       string `json:",omitempty"`
	Accept            string `json:",omitempty"`
	Custom            string `json:",omitempty"`
	KMSKeyID          string `json:",omitempty"`
	SuccessTopic      string `json:",omitempty"`
	ErrorTopic        string `json:",omitempty"`
	AnswerToSuccess   bool   `json:",omitempty"`
	AnswerToError     bool   `json:",omitempty"`
	InvocationSeconds int32
	// Crashes and Troubles count the attempts that came to nothing.
	Crashes  int `json:",omitempty"`
	Troubles int `json:",omitempty"`
}

func insert(tx *store.Tx, w work, r *request) error {
	text, err := json.Marshal(&r.body)
	if err != nil {
		return fmt.Errorf("encode request %s: %w", r.id, err)
	}
	_, err = tx.Exec(`insert into async_request (id, account, region, endpoint, accepted_at, expires_at, body) values ($1, $2, $3, $4, $5, $6, $7)`,
		r.id, w.Account, w.Region, w.Endpoint, store.Micros(r.acceptedAt), store.Micros(r.expiresAt), string(text))
	return err
}

// save keeps the counts of a request.
func save(tx *store.Tx, r *request) error {
	text, err := json.Marshal(&r.body)
	if err != nil {
		return fmt.Errorf("encode request %s: %w", r.id, err)
	}
	_, err = tx.Exec("update async_request set body = $1 where id = $2", string(text), r.id)
	return err
}

// remove deletes a request; there is false when it is gone already.
func remove(tx *store.Tx, id string) (there bool, err error) {
	r, err := tx.Exec("delete from async_request where id = $1", id)
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n == 1, err
}

// oldest are the first n requests of an endpoint.
func oldest(tx *store.Tx, w work, n int) ([]*request, error) {
	return read(tx, `where account = $1 and region = $2 and endpoint = $3 order by accepted_at, id limit $4`, w.Account, w.Region, w.Endpoint, n)
}

// expired are the first n whose time to begin is over.
func expired(tx *store.Tx, w work, n int) ([]*request, error) {
	return read(tx, `where account = $1 and region = $2 and endpoint = $3 and expires_at <= $4 order by expires_at limit $5`,
		w.Account, w.Region, w.Endpoint, store.Micros(tx.Now), n)
}

func read(tx *store.Tx, which string, args ...any) (list []*request, err error) {
	rows, err := tx.Query("select id, accepted_at, expires_at, body from async_request "+which, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		r := &request{}
		var accepted, expires int64
		var text string
		if err := rows.Scan(&r.id, &accepted, &expires, &text); err != nil {
			return nil, err
		}
		r.acceptedAt, r.expiresAt = store.FromMicros(accepted), store.FromMicros(expires)
		if err := json.Unmarshal([]byte(text), &r.body); err != nil {
			return nil, fmt.Errorf("decode request %s: %w", r.id, err)
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// waiting counts the requests of an endpoint, up to most, and says when the oldest
// was accepted.
func waiting(tx *store.Tx, w work, most int) (n int, since time.Time, err error) {
	var first int64
	err = tx.QueryRow(`select count(*), coalesce(min(accepted_at), 0) from (select accepted_at from async_request
		where account = $1 and region = $2 and endpoint = $3 order by accepted_at, id limit $4) as q`, w.Account, w.Region, w.Endpoint, most).Scan(&n, &first)
	return n, store.FromMicros(first), err
}
