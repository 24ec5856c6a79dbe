package admin

import (
	"net/http"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/identity"
)

func toKey(k identity.Key) Key {
	return Key{AccountID: k.Account, AccessKeyID: k.ID, SecretAccessKey: k.Secret.Reveal(), CreatedAt: k.CreatedAt}
}

func (h *handler) listKeys(r *http.Request) (any, error) {
	keys, err := h.Keys.List(r.Context(), r.URL.Query().Get("account"))
	if err != nil {
		return nil, err
	}
	answer := Keys{Keys: make([]Key, len(keys))}
	for i, k := range keys {
		answer.Keys[i] = toKey(k)
	}
	return answer, nil
}

func (h *handler) createKey(r *http.Request) (any, error) {
	in, err := decode[KeyRequest](r)
	if err != nil {
		return nil, err
	}
	key, err := h.Keys.Create(r.Context(), in.AccountID)
	return toKey(key), err
}

func (h *handler) deleteKey(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if id == h.AccessKeyID {
		return nil, aws.Invalid("%s is the server's own key, which this command uses itself. To replace it, stop the server, remove the file credentials from its data directory, and start it again.", id)
	}
	return struct{}{}, h.Keys.Delete(r.Context(), r.URL.Query().Get("account"), id)
}
