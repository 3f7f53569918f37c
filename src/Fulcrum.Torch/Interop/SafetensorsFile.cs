using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Fulcrum.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Interop;

/// <summary>A safetensors file, memory-mapped; its header is checked before anything is allocated by it.</summary>
/// <remarks>The format of github.com/huggingface/safetensors: 8 bytes of header length, a JSON header, the data without
/// holes or overlaps.</remarks>
internal sealed class SafetensorsFile : IDisposable
{
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
            (Dictionary<string, TensorEntry> tensors, Dictionary<string, string> metadata) = SafetensorsHeader.Read(
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
        TensorEntry entry = Find(name);
        Tensor stored = empty(entry.Shape, entry.Dtype);
        Visit(name, start => Buffer.MemoryCopy((void*)start, (void*)Pointer(stored), entry.Bytes, entry.Bytes));
        if (dtype is null || dtype == entry.Dtype)
        {
            return stored;
        }

        using (stored)
        {
            return stored.to(dtype.Value);
        }
    }

    /// <summary>A copy of a tensor of weights, without NaN and infinite values.</summary>
    /// <remarks>Attention gives keys and queries that are NaN the weight 0, so the answers of a model with such a value
    /// would be wrong without a sign of it.</remarks>
    /// <param name="dtype">As for <see cref="Read"/>.</param>
    /// <exception cref="InputException">There is no such tensor, or it holds NaN, an infinite value, or one that is too
    /// large for <paramref name="dtype"/>. The message names tensor and place.</exception>
    public Tensor ReadFinite(string name, ScalarType? dtype = null)
    {
        TensorEntry entry = Find(name);
        if (!FiniteValues.Supports(entry.Dtype))
        {
            return Read(name, dtype);
        }

        Tensor stored = empty(entry.Shape, entry.Dtype);
        Visit(
            name,
            start =>
                RequireFinite(
                    name,
                    FiniteValues.Copy(start, Pointer(stored), entry.Dtype, entry.Bytes / entry.Dtype.ElementSize())
                )
        );
        if (dtype is null || dtype == entry.Dtype)
        {
            return stored;
        }

        using (stored)
        {
            return Converted(name, stored, dtype.Value);
        }
    }

    // A wider type has room for every value.
    private Tensor Converted(string name, Tensor stored, ScalarType dtype)
    {
        Tensor converted = stored.to(dtype);
        bool mayOverflow =
            converted.ElementSize < stored.ElementSize
            || (dtype, stored.dtype) == (ScalarType.Float16, ScalarType.BFloat16);
        long at =
            mayOverflow && FiniteValues.Supports(dtype)
                ? FiniteValues.Copy(Pointer(converted), null, dtype, converted.NumberOfElements)
                : FiniteValues.None;
        return at == FiniteValues.None
            ? converted
            : throw new InputException(
                $"{Path}: the tensor '{name}' has a value at {Place(name, at)} that is too large for {dtype}; choose a "
                    + "wider type"
            );
    }

    /// <summary>Refuses a tensor in which a value that is NaN or infinite was found.</summary>
    /// <param name="at">Index of the value, or <see cref="FiniteValues.None"/>.</param>
    /// <exception cref="InputException">There is one. The message names tensor and place.</exception>
    public void RequireFinite(string name, long at)
    {
        if (at != FiniteValues.None)
        {
            throw new InputException(
                $"{Path}: the tensor '{name}' holds NaN or an infinite value at {Place(name, at)}. Answers of such "
                    + "weights would be wrong. Either the file is damaged, or the training that made it diverged"
            );
        }
    }

    // The index of each dimension: [row, column].
    private string Place(string name, long at)
    {
        long[] shape = Find(name).Shape,
            place = new long[shape.Length];
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            (at, place[d]) = Math.DivRem(at, shape[d]);
        }

        return $"[{string.Join(", ", place)}]";
    }

    /// <summary>Shows the values of a tensor where they are mapped; they are there until
    /// <paramref name="look"/> returns. Not called for a tensor without values.</summary>
    /// <exception cref="InputException">There is no such tensor.</exception>
    public unsafe void Visit(string name, Action<IntPtr> look)
    {
        TensorEntry entry = Find(name);
        if (entry.Bytes == 0)
        {
            return;
        }

        using MemoryMappedViewAccessor view = map!.CreateViewAccessor(
            entry.Offset,
            entry.Bytes,
            MemoryMappedFileAccess.Read
        );
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            look((IntPtr)(start + view.PointerOffset));
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    private TensorEntry Find(string name) =>
        Tensors.TryGetValue(name, out TensorEntry? found)
            ? found
            : throw new InputException($"{Path}: there is no tensor '{name}'");

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
        byte[] header = SafetensorsHeader.Print(ordered, metadata);
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
}
