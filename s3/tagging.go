package s3

import (
	"encoding/xml"
	"maps"
	"slices"
	"unicode/utf8"
)

// How many tags a bucket and an object may have.
const (
	maxBucketTags = 50
	maxObjectTags = 10
)

type tag struct {
	Key   string
	Value string
}

type tagging struct {
	XMLName   xml.Name `xml:"Tagging"`
	Namespace string   `xml:"xmlns,attr,omitempty"`
	TagSet    struct {
		Tag []tag
	}
}

// tagMap checks a tag set.
func tagMap(tags []tag, most int) (map[string]string, error) {
	if len(tags) > most {
		return nil, newError("BadRequest", "Object tags cannot be greater than %d", most)
	}
	var m map[string]string
	for _, t := range tags {
		key, value := utf8.RuneCountInString(t.Key), utf8.RuneCountInString(t.Value)
		switch _, twice := m[t.Key]; {
		case twice:
			return nil, newError("InvalidTag", "Cannot provide multiple Tags with the same key")
		case key < 1 || key > 128 || !utf8.ValidString(t.Key):
			return nil, newError("InvalidTag", "The TagKey you have provided is invalid")
		case value > 256 || !utf8.ValidString(t.Value):
			return nil, newError("InvalidTag", "The TagValue you have provided is invalid")
		}
		if m == nil {
			m = map[string]string{}
		}
		m[t.Key] = t.Value
	}
	return m, nil
}

func (q *request) writeTags(tags map[string]string) {
	doc := tagging{Namespace: namespace}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		doc.TagSet.Tag = append(doc.TagSet.Tag, tag{key, tags[key]})
	}
	q.writeXML(200, doc)
}

func (q *request) readTags(most int) (map[string]string, error) {
	var doc tagging
	if err := q.parse("Tagging", maxXML, &doc); err != nil {
		return nil, err
	}
	return tagMap(doc.TagSet.Tag, most)
}

// getBucketTagging lists the bucket's tags.
func (q *request) getBucketTagging() error {
	if len(q.b.Tags) == 0 {
		e := codeError("NoSuchTagSet")
		e.BucketName = q.bucket
		return e
	}
	q.writeTags(q.b.Tags)
	return nil
}

// putBucketTagging replaces the bucket's tags.
func (q *request) putBucketTagging() error {
	tags, err := q.readTags(maxBucketTags)
	if err != nil {
		return err
	}
	if err := q.h.store.SetBucketTags(q.r.Context(), q.bucket, tags); err != nil {
		return err
	}
	q.w.WriteHeader(204)
	return nil
}

// deleteBucketTagging removes the bucket's tags.
func (q *request) deleteBucketTagging() error {
	if err := q.h.store.SetBucketTags(q.r.Context(), q.bucket, nil); err != nil {
		return err
	}
	q.w.WriteHeader(204)
	return nil
}

// getObjectTagging lists an object's tags.
func (q *request) getObjectTagging() error {
	i, err := q.head()
	if err != nil {
		return err
	}
	q.writeTags(i.Tags)
	return nil
}

// putObjectTagging replaces an object's tags.
func (q *request) putObjectTagging() error {
	if err := q.version(); err != nil {
		return err
	}
	tags, err := q.readTags(maxObjectTags)
	if err != nil {
		return err
	}
	if err := q.h.store.SetTags(q.r.Context(), q.bucket, q.key, tags); err != nil {
		return q.keyError(err)
	}
	q.w.WriteHeader(200)
	return nil
}

// deleteObjectTagging removes an object's tags.
func (q *request) deleteObjectTagging() error {
	if err := q.version(); err != nil {
		return err
	}
	if err := q.h.store.SetTags(q.r.Context(), q.bucket, q.key, nil); err != nil {
		return q.keyError(err)
	}
	q.w.WriteHeader(204)
	return nil
}
