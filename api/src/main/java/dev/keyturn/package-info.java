/**
 * What an application may use to be told of rotations, and to read several values of one secret
 * that belong together. None of it is needed: files, and the Java agent, do without.
 */
package dev.keyturn;
