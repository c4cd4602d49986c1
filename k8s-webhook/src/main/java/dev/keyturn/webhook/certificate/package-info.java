/** Where the server's certificate comes from, and how it is replaced while the server runs. */
@NullMarked
package dev.keyturn.webhook.certificate;

import org.jspecify.annotations.NullMarked;
