package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"

	"github.com/sagebrush/sagebrush/aws"
)

func (h *handler) listImages(r *http.Request) (any, error) {
	list, err := h.Images.List(r.Context())
	if err != nil {
		return nil, err
	}
	answer := Images{Images: make([]Image, len(list))}
	for i, g := range list {
		answer.Images[i] = Image{URI: g.URI, Name: g.Name, Dir: g.Dir, BuiltIn: g.BuiltIn, CreatedAt: g.CreatedAt}
	}
	return answer, nil
}

func (h *handler) addImage(r *http.Request) (any, error) {
	in, err := decode[ImageRequest](r)
	if err != nil {
		return nil, err
	}
	img, err := h.Images.Add(r.Context(), in.URI, in.Dir)
	return Image{URI: img.URI, Dir: img.Dir}, err
}

func (h *handler) removeImage(r *http.Request) (any, error) {
	return struct{}{}, h.Images.Remove(r.Context(), r.URL.Query().Get("uri"))
}

// prepareImage makes an environment and tells about it line by line. The status
// is sent before the outcome is known, so the outcome is in the last line.
func (h *handler) prepareImage(w http.ResponseWriter, r *http.Request) {
	in, err := decode[PrepareRequest](r)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	img, err := h.Images.Resolve(r.Context(), in.URI)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	flush := http.NewResponseController(w)
	var mu sync.Mutex // progress comes from the tool's two outputs
	send := func(p Progress) {
		mu.Lock()
		defer mu.Unlock()
		// A client that hung up ends the request's context, and Prepare with it.
		_ = errors.Join(json.NewEncoder(w).Encode(p), flush.Flush())
	}
	_, err = h.Images.Prepare(r.Context(), img, func(line string) { send(Progress{Line: line}) })
	if err != nil {
		if aws.CodeOf(err) == aws.InternalFailure {
			h.Logger.Error("an image could not be prepared", "image", img.Name, "error", err)
		}
		send(Progress{Error: asError(err)})
		return
	}
	send(Progress{Done: true})
}
