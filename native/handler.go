package native

import (
	"fmt"
	"net/http"
	"sync"

	"github.com/sagebrush/sagebrush/algo/trees"
)

// maxValues is how many numbers the rows of a request may make: a sparse row is
// short, and its model may have millions of features.
const maxValues = 1 << 26

// refusal is a request that cannot be answered, with the HTTP status that says why.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return r.message }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

func bad(format string, args ...any) error { return refuse(http.StatusBadRequest, format, args...) }

// style is how an image reads requests and writes answers.
type style interface {
	// accept chooses the type of the answer by the header Accept.
	accept(header string) (string, error)
	// read appends the rows of a request; sparse says that they name their features.
	read(rows []float32, body []byte, contentType string) (out []float32, sparse bool, err error)
	// write appends the answer for predictions.
	write(out []byte, predictions []float64, kind string) []byte
}

// handler answers requests to one model, from many at once.
type handler struct {
	model *trees.Model
	style style
	rooms sync.Pool // of *room
}

// room is what answering one request needs.
type room struct {
	predictor   *trees.Predictor
	body        []byte
	rows        []float32
	predictions []float64
	answer      []byte
}

// keep is how large a room's parts may be, in numbers or bytes, for the room to be used again.
const keep = 1 << 20

func newHandler(m *trees.Model, s style) *handler {
	return &handler{model: m, style: s}
}

func (h *handler) enter() *room {
	if r, ok := h.rooms.Get().(*room); ok {
		return r
	}
	return &room{predictor: h.model.Predictor()}
}

func (h *handler) leave(r *room) {
	if cap(r.body) <= keep && cap(r.rows) <= keep && cap(r.predictions) <= keep && cap(r.answer) <= keep {
		h.rooms.Put(r)
	}
}

// answer answers the body in a room: the content, valid until the room is left,
// and its type.
func (h *handler) answer(r *room, contentType, accept string) ([]byte, string, error) {
	kind, err := h.style.accept(accept)
	if err != nil {
		return nil, "", err
	}
	rows, sparse, err := h.style.read(r.rows[:0], r.body, contentType)
	if err != nil {
		return nil, "", err
	}
	r.rows = rows
	n := len(rows) / h.model.Features * h.model.Outputs
	if cap(r.predictions) < n {
		r.predictions = make([]float64, n)
	}
	r.predictions = r.predictions[:n]
	r.predictor.Predict(r.predictions, rows, sparse)
	r.answer = h.style.write(r.answer[:0], r.predictions, kind)
	return r.answer, kind, nil
}

// finite refuses rows that a model cannot take.
func finite(m *trees.Model, rows []float32) error {
	for i, v := range rows {
		if v-v != 0 && (m.Finite && v == v || !m.Missing && v != v) {
			return bad("Row %d has no finite number as feature %d; the model takes none such.", i/m.Features+1, i%m.Features+1)
		}
	}
	return nil
}

// size is the memory that the model takes, in bytes, with what is around it.
func (h *handler) size() int64 { return h.model.Size() + 4<<10 }
