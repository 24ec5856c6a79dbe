package dir

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/sagebrush/sagebrush/blob"
	"github.com/sagebrush/sagebrush/blob/checksum"
)

// CompleteUpload implements blob.Store. The object becomes the list of its
// parts' files; no content is read or written.
func (s *Store) CompleteUpload(ctx context.Context, bucket, key, id string, parts []blob.Part, o blob.PutOptions) (blob.Info, error) {
	var r *row
	err := s.update(ctx, func(c *change) error {
		if err := c.lock("", id); err != nil {
			return err
		}
		u, err := getUpload(c.Tx, bucket, key, id)
		if err != nil {
			return err
		}
		stored, err := partsOf(c.Tx, id, 0, blob.MaxParts)
		if err != nil {
			return err
		}
		used, unused, err := choose(stored, parts)
		if err != nil {
			return err
		}
		if r, err = joinParts(u, used, o); err != nil {
			return err
		}
		if _, err := c.Exec("DELETE FROM upload_part WHERE upload = $1", id); err != nil {
			return err
		}
		if _, err := c.Exec("DELETE FROM upload WHERE id = $1", id); err != nil {
			return err
		}
		if err := c.drop(unused...); err != nil {
			return err
		}
		return c.write(bucket, r, o)
	})
	if err != nil {
		return blob.Info{}, err
	}
	return r.info()
}

// choose picks the wanted parts out of the stored ones and checks them. What is
// not wanted is given back as files to drop.
func choose(stored []storedPart, wanted []blob.Part) (used []storedPart, unused []chunk, err error) {
	if len(wanted) == 0 {
		return nil, nil, fmt.Errorf("%w: no parts", blob.ErrInvalidPart)
	}
	byNumber := make(map[int]storedPart, len(stored))
	for _, p := range stored {
		byNumber[p.Number] = p
	}
	for i, w := range wanted {
		if i > 0 && w.Number <= wanted[i-1].Number {
			return nil, nil, fmt.Errorf("%w: %d after %d", blob.ErrPartOrder, w.Number, wanted[i-1].Number)
		}
		p, ok := byNumber[w.Number]
		if !ok || p.ETag != w.ETag {
			return nil, nil, fmt.Errorf("%w: number %d with ETag %q was not uploaded", blob.ErrInvalidPart, w.Number, w.ETag)
		}
		for name, sum := range w.Checksums {
			if have := p.Checksums[name]; have != sum {
				return nil, nil, fmt.Errorf("%w: the %s of part %d is %q", blob.ErrInvalidPart, name, w.Number, have)
			}
		}
		delete(byNumber, w.Number)
		used = append(used, p)
	}
	for _, p := range used[:len(used)-1] {
		if p.Size < blob.MinPart {
			return nil, nil, fmt.Errorf("%w: part %d has %d bytes", blob.ErrPartTooSmall, p.Number, p.Size)
		}
	}
	for _, p := range byNumber {
		unused = append(unused, chunk{id: p.file})
	}
	return used, unused, nil
}

// joinParts is the row of the object that the parts make.
func joinParts(u blob.Upload, parts []storedPart, o blob.PutOptions) (*row, error) {
	r := &row{key: u.Key, parts: int64(len(parts)), meta: metaOf(u.Info), tags: tagsOf(u.Info.Tags)}
	sum := md5.New()
	chunks := make([]chunk, 0, len(parts))
	sums := make([]checksum.Part, 0, len(parts))
	for _, p := range parts {
		raw, err := hex.DecodeString(p.ETag)
		if err != nil {
			return nil, err
		}
		sum.Write(raw)
		r.size += p.Size
		c := chunk{id: p.file, size: p.Size}
		if s := p.Checksums[u.ChecksumAlgorithm]; s != "" {
			c.sum = u.ChecksumAlgorithm + "=" + s
			sums = append(sums, checksum.Part{Sum: s, Size: p.Size})
		}
		chunks = append(chunks, c)
	}
	r.etag = hex.EncodeToString(sum.Sum(nil)) + "-" + strconv.Itoa(len(parts))
	r.chunks = chunksOf(chunks)
	if o.Size > 0 && o.Size != r.size {
		return nil, fmt.Errorf("%w: the parts have %d bytes, not %d", blob.ErrIncomplete, r.size, o.Size)
	}
	if u.ChecksumAlgorithm == "" || len(sums) < len(parts) {
		return r, nil
	}
	joined, err := checksum.Join(u.ChecksumAlgorithm, u.ChecksumType, sums)
	if err != nil {
		return nil, err
	}
	if want := o.Checksums[u.ChecksumAlgorithm]; want != "" && want != joined {
		return nil, fmt.Errorf("%w: the %s of the object is %s", blob.ErrBadDigest, u.ChecksumAlgorithm, joined)
	}
	r.sums = sumsOf(u.ChecksumType, map[string]string{u.ChecksumAlgorithm: joined})
	return r, nil
}
