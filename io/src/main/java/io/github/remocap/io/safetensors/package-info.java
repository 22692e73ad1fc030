/**
 * Files in Hugging Face's safetensors format: eight bytes of header size, a JSON header, the tensors' bytes.
 * Read mapped, written streaming. Files that two readers could understand differently are refused.
 * In may come element types that the format adds. Out stays whatever the metadata means: it is text here.
 */
@NullMarked
package io.github.remocap.io.safetensors;

import org.jspecify.annotations.NullMarked;
