package codec

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// The span of timestamps that are taken: what RFC 3339 can write.
var (
	minTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	maxTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).Unix() - 1
)

// dateLayouts are the texts that ParseTime knows beside epoch seconds.
var dateLayouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02T15:04:05.999999999", // without an offset it is UTC
	"2006-01-02",
	time.RFC1123,
	time.RFC1123Z,
	time.RFC850,
	time.ANSIC,
}

// ParseTime reads a timestamp in any of the formats that AWS's services accept:
// seconds since 1970 with a fraction, ISO 8601, or RFC 822 and its HTTP
// relatives. The result is in UTC; ok is false when s is none of them or lies
// outside the years 1 to 9999.
func ParseTime(s string) (t time.Time, ok bool) {
	if s == "" {
		return t, false
	}
	if t, ok := parseEpoch(s); ok {
		return t, true
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			t = t.UTC()
			return t, t.Unix() >= minTime && t.Unix() <= maxTime
		}
	}
	return t, false
}

// parseEpoch reads decimal seconds, digit by digit so that no fraction is lost
// to floating point.
func parseEpoch(s string) (time.Time, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || strings.Trim(fraction, "0123456789") != "" {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || !(math.Abs(f) < 1e12) || strings.ContainsAny(s, "xX_nN") {
			return time.Time{}, false
		}
		// An exponent: Java prints doubles this way, 1.7E9.
		w, frac := math.Modf(f)
		return inSpan(int64(w), int64(math.Round(frac*1e6))*1000)
	}
	if len(fraction) > 9 {
		fraction = fraction[:9]
	}
	nanos := int64(0)
	if fraction != "" {
		n, _ := strconv.ParseInt(fraction, 10, 64) // digits only, at most nine
		for range 9 - len(fraction) {
			n *= 10
		}
		nanos = n
	}
	if strings.HasPrefix(whole, "-") {
		nanos = -nanos
	}
	return inSpan(seconds, nanos)
}

func inSpan(seconds, nanos int64) (time.Time, bool) {
	if seconds < minTime || seconds > maxTime {
		return time.Time{}, false
	}
	return time.Unix(seconds, nanos).UTC(), true
}

// appendEpoch prints t as seconds with up to three decimals.
func appendEpoch(dst []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	if ms < 0 {
		dst = append(dst, '-')
		ms = -ms
	}
	dst = strconv.AppendInt(dst, ms/1000, 10)
	if f := ms % 1000; f != 0 {
		dst = append(dst, '.', byte('0'+f/100), byte('0'+f/10%10), byte('0'+f%10))
		dst = bytes.TrimRight(dst, "0")
	}
	return dst
}

// formatTime prints t in one of the model's formats.
func formatTime(t time.Time, format string) string {
	switch format {
	case "iso8601":
		return t.UTC().Format("2006-01-02T15:04:05.999Z")
	case "rfc822":
		return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	}
	return string(appendEpoch(nil, t))
}
