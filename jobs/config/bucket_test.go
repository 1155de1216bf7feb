package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/config"
)

// A bucket has the secrets of its own store, and what is missing or too much is told by name.
func TestSecretsOfABucket(t *testing.T) {
	for keys, want := range map[string]string{
		"access_key_env: A, secret_key_env: B":               "",
		"account: exports, account_key_file: key":            "",
		"account: exports, sas_env: SAS, versions: \"true\"": "",
		"access_key_env: A":                                  "needs access_key and secret_key",
		"":                                                   "Azure's needs account instead",
		"account: exports":                                   "needs one of account_key_file",
		"account: exports, sas_env: A, account_key_env: B":   "needs one of account_key_file",
		"account: exports, sas_env: A, access_key_env: B":    "belong to S3",
		"account: exports, sas_env: A, region: eu-central-1": "belong to S3",
		"sas_env: A": "needs account, the storage account",
		"account: exports, sas: \"sv=1&sig=quiet\"":                     "sas",
		"access_key_env: A, secret_key_env: B, account_key: \"FILE:k\"": "needs account, the storage account",
	} {
		dir := t.TempDir()
		if keys != "" {
			keys = ", " + keys
		}
		text := "sources:\n  one: {kind: bucket, feeds: [bank_lines], bucket: b" + keys + "}\n"
		if err := os.WriteFile(filepath.Join(dir, config.File), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(dir)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "quiet")) {
			t.Errorf("%s: %v", keys, err)
		}
	}
}
