using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Text.Json;
using Fulcrum.Files;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Interop;

/// <summary>The place of a tensor in a safetensors file.</summary>
/// <param name="Offset">From the beginning of the file, in bytes.</param>
public sealed record TensorEntry(string Name, ScalarType Dtype, long[] Shape, long Offset, long Bytes);

/// <summary>A safetensors file, memory-mapped; its header is checked before anything is allocated by it.</summary>
/// <remarks>The format of github.com/huggingface/safetensors: 8 bytes of header length, a JSON header, the data without
/// holes or overlaps.</remarks>
public sealed class SafetensorsFile : IDisposable
{
    private const long LargestHeader = 100_000_000;
    private readonly MemoryMappedFile? map;

    private SafetensorsFile(
        string path,
        MemoryMappedFile? map,
        IReadOnlyDictionary<string, TensorEntry> tensors,
        IReadOnlyDictionary<string, string> metadata
    )
    {
        Path = path;
        this.map = map;
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>The metadata of the header; empty if it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="InputException">The file is missing, truncated or malformed; names file and tensor.</exception>
    public static SafetensorsFile Open(string path)
    {
        try
        {
            (Dictionary<string, TensorEntry> tensors, Dictionary<string, string> metadata) = ReadHeader(
                path,
                LengthOf(path)
            );
            return new SafetensorsFile(
                path,
                MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read),
                tensors,
                metadata
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
    }

    // Of the file itself: model caches hold links, and a link's own length is that of its target's name.
    private static long LengthOf(string path)
    {
        using Stream stream = BoundedFile.Open(path, long.MaxValue);
        return stream.Length;
    }

    /// <summary>A copy of a tensor, outside any dispose scope's care until the caller's scope takes it.</summary>
    /// <param name="dtype">Null: as it is on disk.</param>
    /// <exception cref="InputException">There is no such tensor.</exception>
    public unsafe Tensor Read(string name, ScalarType? dtype = null)
    {
        TensorEntry entry = Tensors.TryGetValue(name, out TensorEntry? found)
            ? found
            : throw new InputException($"{Path}: there is no tensor '{name}'");
        Tensor stored = empty(entry.Shape, entry.Dtype);
        if (entry.Bytes > 0)
        {
            using MemoryMappedViewAccessor view = map!.CreateViewAccessor(
                entry.Offset,
                entry.Bytes,
                MemoryMappedFileAccess.Read
            );
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            try
            {
                Buffer.MemoryCopy(start + view.PointerOffset, (void*)Pointer(stored), entry.Bytes, entry.Bytes);
            }
            finally
            {
                view.SafeMemoryMappedViewHandle.ReleasePointer();
            }
        }

        if (dtype is null || dtype == entry.Dtype)
        {
            return stored;
        }

        using (stored)
        {
            return stored.to(dtype.Value);
        }
    }

    /// <summary>Writes tensors in the order of the reference implementation: wider dtypes first, then by
    /// name.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(
        string path,
        IReadOnlyDictionary<string, Tensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    )
    {
        KeyValuePair<string, Tensor>[] ordered =
        [
            .. tensors.OrderByDescending(t => t.Value.ElementSize).ThenBy(t => t.Key, StringComparer.Ordinal),
        ];
        byte[] header = Header(ordered, metadata);
        AtomicFile.Write(
            path,
            stream =>
            {
                Span<byte> length = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
                stream.Write(length);
                stream.Write(header);
                foreach ((_, Tensor tensor) in ordered)
                {
                    WriteData(stream, tensor);
                }
            }
        );
    }

    /// <inheritdoc/>
    public void Dispose() => map?.Dispose();

    private static unsafe void WriteData(Stream stream, Tensor tensor)
    {
        using Tensor plain = tensor.detach().cpu().contiguous();
        byte* start = (byte*)Pointer(plain);
        long bytes = plain.NumberOfElements * plain.ElementSize;
        for (long at = 0; at < bytes; at += 1 << 26)
        {
            stream.Write(new ReadOnlySpan<byte>(start + at, (int)Math.Min(1 << 26, bytes - at)));
        }
    }

    private static IntPtr Pointer(Tensor tensor) => NativeTensor.DataPointer(tensor);

    private static byte[] Header(KeyValuePair<string, Tensor>[] ordered, IReadOnlyDictionary<string, string>? metadata)
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

    private static (Dictionary<string, TensorEntry> Tensors, Dictionary<string, string> Metadata) ReadHeader(
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

    // Texts alone; whatever else a header holds there is nobody's.
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
                $"{path}: {length - at} bytes lie behind the last tensor, or the file is truncated"
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

        Int128 expected = shape.Aggregate(
            (Int128)SizeOf(dtype),
            (product, n) => product > length ? product : product * n
        );
        long bytes = offsets[1] - offsets[0];
        return offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] > length - start
                ? throw Wrong(
                    $"lies at bytes {offsets[0]} to {offsets[1]} of {length - start}; the file is truncated or damaged"
                )
            : expected != bytes
                ? throw Wrong(
                    $"of shape [{string.Join(", ", shape)}] and dtype {dtypeName.GetString()} cannot have {bytes} bytes"
                )
            : new TensorEntry(property.Name, dtype, shape, start + offsets[0], bytes);
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
