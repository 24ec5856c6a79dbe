package kit

import (
	"github.com/sagebrush/sagebrush/store"
)

// Base is what the service of every plain resource stands on. Services embed it.
type Base struct {
	DB     *store.DB
	Tokens Tokens
	Quotas Quotas
}
