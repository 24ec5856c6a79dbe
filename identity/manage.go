package identity

import (
	"context"

	"github.com/sagebrush/sagebrush/aws"
	"github.com/sagebrush/sagebrush/store"
)

// Create makes a key pair for account. The account need not exist: it does from
// then on. It is the only answer that holds the secret, beside Bootstrap's.
func (k *Keys) Create(ctx context.Context, account string) (Key, error) {
	if err := checkAccount(account); err != nil {
		return Key{}, err
	}
	key, err := newKey(account)
	if err != nil {
		return Key{}, err
	}
	err = k.db.Update(ctx, func(tx *store.Tx) error {
		key.CreatedAt = tx.Now
		_, err := tx.Exec(`INSERT INTO access_key (id, account, secret, created_at) VALUES ($1, $2, $3, $4)`,
			key.ID, key.Account, key.Secret.Reveal(), store.Micros(key.CreatedAt))
		if err != nil {
			return err
		}
		return bump(tx)
	})
	if err != nil {
		return Key{}, err
	}
	return key, k.refresh(ctx)
}

// List answers the keys of account, of all accounts if it is "", oldest first
// and without their secrets.
func (k *Keys) List(ctx context.Context, account string) (keys []Key, err error) {
	if account != "" {
		if err := checkAccount(account); err != nil {
			return nil, err
		}
	}
	err = k.db.View(ctx, func(tx *store.Tx) error {
		keys, err = query(tx, account)
		return err
	})
	for i := range keys {
		keys[i].Secret = Secret{}
	}
	return keys, err
}

// Delete ends a key of account (any account if it is ""): this server refuses
// it when Delete returns, others within seconds. Temporary credentials that were
// got with it last until their end, as in AWS. NoSuchEntity if there is none.
func (k *Keys) Delete(ctx context.Context, account, id string) error {
	err := k.db.Update(ctx, func(tx *store.Tx) error {
		res, err := tx.Exec(`DELETE FROM access_key WHERE id = $1 AND (account = $2 OR $2 = '')`, id, account)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			if err == nil {
				err = aws.Errorf(aws.NoSuchEntity, "There is no access key %s. `sagebrush keys list` shows those there are.", id)
			}
			return err
		}
		return bump(tx)
	})
	if err != nil {
		return err
	}
	return k.refresh(ctx)
}

// bump tells all servers that keys have changed.
func bump(tx *store.Tx) error {
	_, err := tx.Exec(`UPDATE identity_state SET generation = generation + 1 WHERE id = 1`)
	return err
}

// query reads the keys of account, or of all if it is "".
func query(tx *store.Tx, account string) ([]Key, error) {
	rows, err := tx.Query(`SELECT id, account, secret, created_at FROM access_key
		WHERE account = $1 OR $1 = '' ORDER BY created_at, id`, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []Key
	for rows.Next() {
		var key Key
		var secret string
		var created int64
		if err := rows.Scan(&key.ID, &key.Account, &secret, &created); err != nil {
			return nil, err
		}
		key.Secret = NewSecret(secret)
		key.CreatedAt = store.FromMicros(created)
		keys = append(keys, key)
	}
	return keys, rows.Err()
}
