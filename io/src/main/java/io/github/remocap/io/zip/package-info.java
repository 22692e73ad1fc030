/**
 * Zip archives over mapped files: stored members are slices of the file, deflated ones are unpacked into memory that is
 * allocated only after their true size is known; and a writer whose members are aligned for mapping.
 * Own code because java.util.zip neither tells where a member's bytes lie in the file nor rejects ambiguous archives.
 * Nothing may come in that knows what the members contain.
 */
@NullMarked
package io.github.remocap.io.zip;

import org.jspecify.annotations.NullMarked;
