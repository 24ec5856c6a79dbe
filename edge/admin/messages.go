package admin

import "time"

const (
	// Prefix is the path that everything here is under.
	Prefix = "/_sagebrush/v1/"
	// SigningName is the service of the credential scope.
	SigningName = "sagebrush"
)

// Key is an access key; Secret is there in the answer to its creation only.
type Key struct {
	AccountID       string    `json:"accountId"`
	AccessKeyID     string    `json:"accessKeyId"`
	SecretAccessKey string    `json:"secretAccessKey,omitempty"`
	CreatedAt       time.Time `json:"createdAt"`
}

// Keys is a list of keys.
type Keys struct {
	Keys []Key `json:"keys"`
}

// KeyRequest asks for a key pair.
type KeyRequest struct {
	AccountID string `json:"accountId"`
}

// Image is a folder or a built-in image behind a URI, or a pattern of URIs.
type Image struct {
	URI string `json:"uri"`
	// Name is the name of a built-in image, "" of a registered folder.
	Name      string    `json:"name,omitempty"`
	Dir       string    `json:"dir"`
	BuiltIn   bool      `json:"builtIn"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
}

// Images is a list of images.
type Images struct {
	Images []Image `json:"images"`
}

// ImageRequest registers a folder on the server's machine under a URI.
type ImageRequest struct {
	URI string `json:"uri"`
	Dir string `json:"dir"`
}

// PrepareRequest asks to make the environment of an image.
type PrepareRequest struct {
	URI string `json:"uri"`
}

// InterruptRequest asks to reclaim the capacity of a spot job.
type InterruptRequest struct {
	AccountID string `json:"accountId"`
	Region    string `json:"region"`
	Name      string `json:"name"`
}

// Progress is one line of the answer to PrepareRequest. The last one has Done
// or Error set.
type Progress struct {
	Line  string `json:"line,omitempty"`
	Done  bool   `json:"done,omitempty"`
	Error *Error `json:"error,omitempty"`
}

// Error is the body of a refusal.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error implements error.
func (e *Error) Error() string { return e.Message }
