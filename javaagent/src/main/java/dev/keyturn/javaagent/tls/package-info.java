/**
 * Key stores and trust stores that came from the mount follow it: a handshake after a rotation uses
 * the new certificate, connections that run live on. What the application loaded is recognised by
 * its certificates, so it may have read the file in any way. Nothing here is loaded unless the
 * mount has a file of format {@code pem}, {@code pkcs12} or {@code jks}.
 */
package dev.keyturn.javaagent.tls;
