package s3client

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sagebrush/sagebrush/blob"
)

// getInfo is what the headers of a GET tell; a range's Content-Range has the size.
func getInfo(key string, o *s3.GetObjectOutput) blob.Info {
	i := blob.Info{Key: key, ContentType: val(o.ContentType), Metadata: o.Metadata, ChecksumType: string(o.ChecksumType),
		Checksums: sums(o.ChecksumCRC32, o.ChecksumCRC32C, o.ChecksumCRC64NVME, o.ChecksumSHA1, o.ChecksumSHA256)}
	if o.ContentLength != nil {
		i.Size = *o.ContentLength
	}
	if _, total, ok := strings.Cut(val(o.ContentRange), "/"); ok {
		if n, err := strconv.ParseInt(total, 10, 64); err == nil {
			i.Size = n
		}
	}
	finish(&i, o.ETag, o.LastModified, map[string]string{
		"Cache-Control": val(o.CacheControl), "Content-Disposition": val(o.ContentDisposition), "Content-Encoding": val(o.ContentEncoding),
		"Content-Language": val(o.ContentLanguage), "Expires": val(o.ExpiresString), "X-Amz-Storage-Class": string(o.StorageClass),
		"X-Amz-Website-Redirect-Location": val(o.WebsiteRedirectLocation), "X-Amz-Server-Side-Encryption": string(o.ServerSideEncryption),
		"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": val(o.SSEKMSKeyId)})
	return i
}

// headInfo is getInfo for a HEAD.
func headInfo(key string, o *s3.HeadObjectOutput) blob.Info {
	i := blob.Info{Key: key, ContentType: val(o.ContentType), Metadata: o.Metadata, ChecksumType: string(o.ChecksumType),
		Checksums: sums(o.ChecksumCRC32, o.ChecksumCRC32C, o.ChecksumCRC64NVME, o.ChecksumSHA1, o.ChecksumSHA256)}
	if o.ContentLength != nil {
		i.Size = *o.ContentLength
	}
	finish(&i, o.ETag, o.LastModified, map[string]string{
		"Cache-Control": val(o.CacheControl), "Content-Disposition": val(o.ContentDisposition), "Content-Encoding": val(o.ContentEncoding),
		"Content-Language": val(o.ContentLanguage), "Expires": val(o.ExpiresString), "X-Amz-Storage-Class": string(o.StorageClass),
		"X-Amz-Website-Redirect-Location": val(o.WebsiteRedirectLocation), "X-Amz-Server-Side-Encryption": string(o.ServerSideEncryption),
		"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": val(o.SSEKMSKeyId)})
	return i
}

// finish fills in what both answers have in common.
func finish(i *blob.Info, etag *string, modified *time.Time, headers map[string]string) {
	if i.ETag = unquote(val(etag)); modified != nil {
		i.LastModified = *modified
	}
	if _, n, ok := strings.Cut(i.ETag, "-"); ok { // md5-of-md5s "-n"
		i.Parts, _ = strconv.Atoi(n)
	}
	i.Headers = map[string]string{}
	for name, value := range headers {
		if value != "" {
			i.Headers[name] = value
		}
	}
}

func unquote(etag string) string { return strings.Trim(etag, `"`) }

// expires is the Expires header as the SDK wants it, nil when it is no date.
func expires(h map[string]string) *time.Time {
	t, err := http.ParseTime(h["Expires"])
	if err != nil {
		return nil
	}
	return &t
}

// sums are the checksums of an answer by name.
func sums(crc32, crc32c, crc64nvme, sha1, sha256 *string) map[string]string {
	m := map[string]string{}
	for name, s := range map[string]*string{"CRC32": crc32, "CRC32C": crc32c, "CRC64NVME": crc64nvme, "SHA1": sha1, "SHA256": sha256} {
		if s != nil {
			m[name] = *s
		}
	}
	return m
}
