package s3

import (
	"fmt"
	"os"
	"testing"
)

// A body that pauses for too long is the client's fault, and S3 says so.
func TestTimeoutIsTheClients(t *testing.T) {
	t.Parallel()
	if e := toError(fmt.Errorf("receive: %w", os.ErrDeadlineExceeded)); e.Code != "RequestTimeout" || e.Status != 400 {
		t.Errorf("%d %v", e.Status, e)
	}
}
