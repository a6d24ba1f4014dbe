"""Users, keys of programs, one-time codes."""

from __future__ import annotations

SELECT_USER = "SELECT name, password_hash, role FROM users WHERE name = $1"
SELECT_USERS = "SELECT name, role, created_time FROM users ORDER BY name"
UPSERT_USER = """INSERT INTO users (name, password_hash, role) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, role = excluded.role"""
DELETE_USER = "DELETE FROM users WHERE name = $1 RETURNING name"

SELECT_KEY = """SELECT key_id, name, key_hash, scopes, expires_time FROM api_keys
WHERE key_id = $1 AND (expires_time IS NULL OR expires_time > now())"""
SELECT_KEYS = """SELECT key_id, name, scopes, created_by, created_time, expires_time FROM api_keys
ORDER BY created_time DESC, key_id"""
INSERT_KEY = """INSERT INTO api_keys (key_id, name, key_hash, scopes, created_by, expires_time)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING
RETURNING key_id, name, scopes, created_by, created_time, expires_time"""
DELETE_KEY = "DELETE FROM api_keys WHERE key_id = $1 RETURNING key_id"

INSERT_CODE = "INSERT INTO sign_in_codes (code_hash, name, role, expires_time) VALUES ($1, $2, $3, $4)"
TAKE_CODE = "DELETE FROM sign_in_codes WHERE code_hash = $1 RETURNING name, role, expires_time > now() AS holds"
