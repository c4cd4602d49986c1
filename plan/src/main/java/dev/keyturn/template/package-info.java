/**
 * Templates as Vault Agent's users write them: Go's {@code text/template} with consul-template's
 * functions. Pure: what a template asks for is answered by {@link dev.keyturn.template.Data}.
 * {@code docs/templates.md} says what is there and what is not.
 */
@NullMarked
package dev.keyturn.template;

import org.jspecify.annotations.NullMarked;
