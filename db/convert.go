package db

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// value turns an argument into one of the six things that both engines store
// alike: nil, int64, float64, bool, string, []byte. What one engine would take
// and the other refuse or change is refused here for both: text that is not
// UTF-8 or holds a NUL (PostgreSQL refuses it), NaN (SQLite stores NULL), and
// time.Time, because instants are BIGINT microseconds.
func value(arg any) (any, error) {
	switch v := arg.(type) {
	case nil:
		return nil, nil
	case int64:
		return v, nil
	case string:
		return text(v)
	case int:
		return int64(v), nil
	case bool:
		return v, nil
	case []byte:
		if v == nil {
			return nil, nil
		}
		return v, nil
	case float64:
		if math.IsNaN(v) {
			return nil, fmt.Errorf("db: NaN cannot be stored")
		}
		return v, nil
	case time.Time:
		return nil, fmt.Errorf("db: instants are BIGINT microseconds: pass t.UnixMicro()")
	case driver.Valuer:
		if rv := reflect.ValueOf(arg); rv.Kind() == reflect.Pointer && rv.IsNil() {
			return nil, nil
		}
		inner, err := v.Value()
		if err != nil {
			return nil, fmt.Errorf("db: %T: %w", arg, err)
		}
		if _, loop := inner.(driver.Valuer); loop {
			return nil, fmt.Errorf("db: %T gives another Valuer", arg)
		}
		return value(inner)
	}
	rv := reflect.ValueOf(arg)
	switch rv.Kind() {
	case reflect.Pointer:
		if rv.IsNil() {
			return nil, nil
		}
		return value(rv.Elem().Interface())
	case reflect.String:
		return text(rv.String())
	case reflect.Bool:
		return rv.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return rv.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if u := rv.Uint(); u <= math.MaxInt64 {
			return int64(u), nil
		}
		return nil, fmt.Errorf("db: %T is too large for BIGINT", arg)
	case reflect.Float32, reflect.Float64:
		return value(rv.Float())
	case reflect.Slice:
		if rv.Type().Elem().Kind() == reflect.Uint8 {
			return value(rv.Bytes())
		}
	case reflect.Array:
		if rv.Type().Elem().Kind() == reflect.Uint8 {
			b := make([]byte, rv.Len())
			reflect.Copy(reflect.ValueOf(b), rv)
			return b, nil
		}
	}
	return nil, fmt.Errorf("db: %T cannot be stored", arg)
}

func text(s string) (any, error) {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return nil, fmt.Errorf("db: text must be UTF-8 without NUL")
	}
	return s, nil
}

// values converts args into buf, which is reused from statement to statement.
func values(buf []any, args []any) ([]any, error) {
	buf = buf[:0]
	for i, a := range args {
		v, err := value(a)
		if err != nil {
			return nil, fmt.Errorf("argument $%d: %w", i+1, err)
		}
		buf = append(buf, v)
	}
	return buf, nil
}

// assign stores a column's value, one of the six of value, where dest points.
// It is the slow path of both engines, for what they do not scan directly, and
// the definition of what fits: a number never becomes text nor text a number,
// and NULL needs a place that can hold it.
func assign(dest, v any) error {
	switch d := dest.(type) {
	case sql.Scanner:
		if b, ok := v.([]byte); ok {
			v = append([]byte{}, b...)
		}
		return d.Scan(v)
	case *any:
		*d = v
		return nil
	case *time.Time:
		return fmt.Errorf("instants are BIGINT microseconds: scan an int64 and use time.UnixMicro")
	}
	p := reflect.ValueOf(dest)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fmt.Errorf("destination %T is not a pointer", dest)
	}
	return assignTo(p.Elem(), v)
}

func assignTo(to reflect.Value, v any) error {
	if to.Kind() == reflect.Pointer {
		if v == nil {
			to.SetZero()
			return nil
		}
		fresh := reflect.New(to.Type().Elem())
		if err := assign(fresh.Interface(), v); err != nil {
			return err
		}
		to.Set(fresh)
		return nil
	}
	isBytes := to.Kind() == reflect.Slice && to.Type().Elem().Kind() == reflect.Uint8
	if v == nil {
		if isBytes {
			to.SetZero()
			return nil
		}
		return fmt.Errorf("NULL does not fit %s", to.Type())
	}
	switch x := v.(type) {
	case string:
		if to.Kind() == reflect.String {
			to.SetString(x)
			return nil
		}
		if isBytes {
			to.SetBytes([]byte(x))
			return nil
		}
	case []byte:
		if isBytes {
			to.SetBytes(append([]byte{}, x...))
			return nil
		}
		if to.Kind() == reflect.Array && to.Type().Elem().Kind() == reflect.Uint8 {
			if len(x) != to.Len() {
				return fmt.Errorf("%d bytes do not fit %s", len(x), to.Type())
			}
			reflect.Copy(to, reflect.ValueOf(x))
			return nil
		}
	case bool:
		if to.Kind() == reflect.Bool {
			to.SetBool(x)
			return nil
		}
	case float64:
		if to.CanFloat() {
			to.SetFloat(x)
			return nil
		}
	case int64:
		switch {
		case to.CanInt() && !to.OverflowInt(x):
			to.SetInt(x)
			return nil
		case to.CanUint() && x >= 0 && !to.OverflowUint(uint64(x)):
			to.SetUint(uint64(x))
			return nil
		case to.CanFloat():
			to.SetFloat(float64(x))
			return nil
		case to.Kind() == reflect.Bool && (x == 0 || x == 1): // SQLite has no BOOLEAN
			to.SetBool(x == 1)
			return nil
		}
	}
	return fmt.Errorf("%T does not fit %s", v, to.Type())
}
