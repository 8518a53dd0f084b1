"""Log-in by the operator's own provider of identities: OpenID Connect Core 1.0, code flow, PKCE."""
