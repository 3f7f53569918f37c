using System.Buffers.Binary;
using System.Text.Json;
using Fulcrum.Files;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Interop;

/// <summary>The place of a tensor in a safetensors file.</summary>
/// <param name="Offset">From the beginning of the file, in bytes.</param>
internal sealed record TensorEntry(string Name, ScalarType Dtype, long[] Shape, long Offset, long Bytes);

/// <summary>The JSON header of a safetensors file.</summary>
internal static class SafetensorsHeader
{
    private const long LargestHeader = 100_000_000;

    private static readonly Dictionary<string, ScalarType> Dtypes = new(StringComparer.Ordinal)
    {
        ["F64"] = ScalarType.Float64,
        ["F32"] = ScalarType.Float32,
        ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16,
        ["I64"] = ScalarType.Int64,
        ["I32"] = ScalarType.Int32,
        ["I16"] = ScalarType.Int16,
        ["I8"] = ScalarType.Int8,
        ["U8"] = ScalarType.Byte,
        ["BOOL"] = ScalarType.Bool,
    };

    /// <summary>Returns the header of a file with these tensors, in this order.</summary>
    public static byte[] Print(KeyValuePair<string, Tensor>[] ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        using MemoryStream text = new();
        using (
            Utf8JsonWriter json = new(
                text,
                new JsonWriterOptions
                {
                    Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
                }
            )
        )
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WritePropertyName("__metadata__");
                JsonSerializer.Serialize(
                    json,
                    new SortedDictionary<string, string>(metadata.ToDictionary(), StringComparer.Ordinal)
                );
            }

            long at = 0;
            foreach ((string name, Tensor tensor) in ordered)
            {
                long bytes = tensor.NumberOfElements * tensor.ElementSize;
                json.WriteStartObject(name);
                json.WriteString("dtype", Dtypes.First(d => d.Value == tensor.dtype).Key);
                json.WritePropertyName("shape");
                JsonSerializer.Serialize(json, tensor.shape);
                json.WritePropertyName("data_offsets");
                JsonSerializer.Serialize(json, new[] { at, at + bytes });
                json.WriteEndObject();
                at += bytes;
            }

            json.WriteEndObject();
        }

        while (text.Length % 8 != 0)
        {
            text.WriteByte((byte)' ');
        }

        return text.ToArray();
    }

    /// <summary>Reads and checks a header before anything is allocated by it.</summary>
    /// <param name="length">Of the file, in bytes.</param>
    /// <exception cref="InputException">The header is truncated or malformed; names file and tensor.</exception>
    public static (Dictionary<string, TensorEntry> Tensors, Dictionary<string, string> Metadata) Read(
        string path,
        long length
    )
    {
        using Stream file = BoundedFile.Open(path, long.MaxValue);
        byte[] prefix = new byte[8];
        if (file.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
        {
            throw new InputException($"{path}: {length} bytes are too few for a safetensors file");
        }

        long header = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (header < 2 || header > LargestHeader || header > length - 8)
        {
            throw new InputException(
                $"{path}: its header claims {header} bytes of a file of {length}; "
                    + "the file is truncated or not safetensors"
            );
        }

        byte[] json = new byte[header];
        file.ReadExactly(json);
        if (StrictJson.Values(json) > StrictJson.MostValues)
        {
            throw new InputException($"{path}: its header has more than {StrictJson.MostValues} values");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(
                json,
                new JsonDocumentOptions { MaxDepth = 16, AllowDuplicateProperties = false }
            );
            return (Entries(path, document.RootElement, 8 + header, length), Notes(document.RootElement));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException($"{path}: its header is not valid JSON: {e.Message}", e);
        }
    }

    // Reads only string values; all other metadata is ignored.
    private static Dictionary<string, string> Notes(JsonElement root) =>
        root.TryGetProperty("__metadata__", out JsonElement notes) && notes.ValueKind == JsonValueKind.Object
            ? notes
                .EnumerateObject()
                .Where(n => n.Value.ValueKind == JsonValueKind.String)
                .ToDictionary(n => n.Name, n => n.Value.GetString()!, StringComparer.Ordinal)
            : [];

    private static Dictionary<string, TensorEntry> Entries(string path, JsonElement root, long start, long length)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new InputException($"{path}: its header is not a JSON object");
        }

        Dictionary<string, TensorEntry> entries = new(StringComparer.Ordinal);
        foreach (JsonProperty property in root.EnumerateObject().Where(p => p.Name != "__metadata__"))
        {
            entries.Add(property.Name, Entry(path, property, start, length));
        }

        long at = start;
        foreach (TensorEntry entry in entries.Values.OrderBy(e => e.Offset).ThenBy(e => e.Bytes))
        {
            at =
                entry.Offset == at
                    ? at + entry.Bytes
                    : throw new InputException(
                        $"{path}: the data of tensor '{entry.Name}' overlaps another's or leaves a hole"
                    );
        }

        return at == length
            ? entries
            : throw new InputException(
                $"{path}: {length - at} bytes lie after the last tensor, or the file is truncated"
            );
    }

    private static TensorEntry Entry(string path, JsonProperty property, long start, long length)
    {
        InputException Wrong(string what) => new($"{path}: tensor '{property.Name}' {what}");
        JsonElement value = property.Value;
        if (
            value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out JsonElement dtypeName)
            || dtypeName.ValueKind != JsonValueKind.String
            || Numbers(value, "shape") is not { } shape
            || Numbers(value, "data_offsets") is not { Length: 2 } offsets
        )
        {
            throw Wrong("lacks a dtype, a shape or its two data_offsets");
        }

        if (!Dtypes.TryGetValue(dtypeName.GetString()!, out ScalarType dtype))
        {
            throw Wrong($"has the dtype {dtypeName.GetString()}, which is not supported");
        }

        if (shape.Length > 8 || shape.Any(n => n < 0))
        {
            throw Wrong($"has the shape [{string.Join(", ", shape)}]");
        }

        // Stops multiplying beyond the file's size, so that no product overflows.
        Int128 expected = shape.Aggregate(
            (Int128)SizeOf(dtype),
            (product, n) => product > length ? product : product * n
        );
        (long first, long end) = (offsets[0], offsets[1]);
        if (first < 0 || end < first || end > length - start)
        {
            throw Wrong($"lies at bytes {first} to {end} of {length - start}; the file is truncated or damaged");
        }

        return expected == end - first
            ? new TensorEntry(property.Name, dtype, shape, start + first, end - first)
            : throw Wrong(
                $"of shape [{string.Join(", ", shape)}] and dtype {dtypeName.GetString()} "
                    + $"cannot have {end - first} bytes"
            );
    }

    private static long[]? Numbers(JsonElement value, string name)
    {
        if (!value.TryGetProperty(name, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        List<long> numbers = [];
        foreach (JsonElement element in list.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out long number))
            {
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    private static int SizeOf(ScalarType dtype) =>
        dtype switch
        {
            ScalarType.Float64 or ScalarType.Int64 => 8,
            ScalarType.Float32 or ScalarType.Int32 => 4,
            ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
            _ => 1,
        };
}
