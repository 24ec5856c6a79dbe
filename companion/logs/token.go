package logs

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/aws"
)

// errToken refuses a nextToken that we did not make.
func errToken() error {
	return invalid("The specified nextToken is invalid: pass one that this operation answered, unchanged, with the same request.")
}

// encode makes an opaque token of v.
func encode(v any) *string {
	data, _ := json.Marshal(v) // plain structs of strings and numbers
	return aws.Ptr(base64.RawURLEncoding.EncodeToString(data))
}

// decode reads a token of encode; a nil token leaves v alone.
func decode(token *string, v any) error {
	if token == nil {
		return nil
	}
	data, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil || json.Unmarshal(data, v) != nil {
		return errToken()
	}
	return nil
}

// The tokens of GetLogEvents look as in AWS: a direction and a position.
const (
	forward  = "f"
	backward = "b"
)

func offsetToken(direction string, offset int64) *string {
	return aws.Ptr(direction + "/" + strconv.FormatInt(offset, 10))
}

func parseOffsetToken(token string) (direction string, offset int64, err error) {
	direction, position, _ := strings.Cut(token, "/")
	offset, perr := strconv.ParseInt(position, 10, 64)
	if perr != nil || offset < 0 || direction != forward && direction != backward {
		return "", 0, errToken()
	}
	return direction, offset, nil
}
