package dir

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/store"
)

// meta is column meta of object and upload.
type meta struct {
	ContentType string            `json:"t,omitempty"`
	Headers     map[string]string `json:"h,omitempty"`
	Metadata    map[string]string `json:"m,omitempty"`
}

// metaOf is the part of info that clients choose, as JSON.
func metaOf(info blob.Info) string {
	m := meta{info.ContentType, info.Headers, info.Metadata}
	if m.ContentType == "" && len(m.Headers) == 0 && len(m.Metadata) == 0 {
		return ""
	}
	b, _ := json.Marshal(m) // maps of strings always marshal
	return string(b)
}

func (m *meta) read(s string) error {
	if s == "" {
		return nil
	}
	return json.Unmarshal([]byte(s), m)
}

// tagsOf is a tag set as JSON, "" for none.
func tagsOf(tags map[string]string) string {
	if len(tags) == 0 {
		return ""
	}
	b, _ := json.Marshal(tags)
	return string(b)
}

func readTags(s string) (tags map[string]string, err error) {
	if s != "" {
		err = json.Unmarshal([]byte(s), &tags)
	}
	return tags, err
}

// sumsOf is column sums: the type and the checksums, sorted. Base64 has no spaces.
func sumsOf(kind string, sums map[string]string) string {
	if len(sums) == 0 {
		return ""
	}
	out := make([]string, 0, len(sums)+1)
	for name, sum := range sums {
		out = append(out, name+"="+sum)
	}
	slices.Sort(out)
	return kind + " " + strings.Join(out, " ")
}

func readSums(s string) (kind string, sums map[string]string) {
	kind, rest, found := strings.Cut(s, " ")
	if !found {
		return "", nil
	}
	sums = map[string]string{}
	for f := range strings.FieldsSeq(rest) {
		name, sum, _ := strings.Cut(f, "=")
		sums[name] = sum
	}
	return kind, sums
}

// chunk is one content file of an object.
type chunk struct {
	id   string
	size int64
	sum  string // "CRC32=…", a part's checksum, "" for none
}

// chunksOf is column chunks: "id size sum" for each file, separated by ";".
func chunksOf(chunks []chunk) string {
	var b strings.Builder
	for i, c := range chunks {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(c.id + " " + strconv.FormatInt(c.size, 10) + " " + c.sum)
	}
	return b.String()
}

func readChunks(s string) (chunks []chunk) {
	for f := range strings.SplitSeq(s, ";") {
		id, rest, ok := strings.Cut(f, " ")
		if !ok {
			continue
		}
		size, sum, _ := strings.Cut(rest, " ")
		n, _ := strconv.ParseInt(size, 10, 64)
		chunks = append(chunks, chunk{id, n, sum})
	}
	return chunks
}

// row is a row of table object.
type row struct {
	key, etag, sums, meta, tags, chunks string
	size, modified, parts               int64
	body                                []byte
}

// info is the object that the row describes.
func (r *row) info() (blob.Info, error) {
	i := blob.Info{Key: r.key, Size: r.size, ETag: r.etag, LastModified: store.FromMicros(r.modified), Parts: int(r.parts)}
	i.ChecksumType, i.Checksums = readSums(r.sums)
	var m meta
	if err := m.read(r.meta); err != nil {
		return i, err
	}
	i.ContentType, i.Headers, i.Metadata = m.ContentType, m.Headers, m.Metadata
	var err error
	i.Tags, err = readTags(r.tags)
	return i, err
}
