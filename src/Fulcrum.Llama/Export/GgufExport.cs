using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fulcrum.Data;
using Fulcrum.Llama.Gguf;
using Fulcrum.Llama.Worker;
using Fulcrum.Models;

namespace Fulcrum.Llama.Export;

/// <summary>Writes a model as a GGUF file, with the metadata, names, types and values of llama.cpp's own conversion.
/// llama.cpp's quantiser quantises it.</summary>
internal static class GgufExport
{
    /// <summary>Writes the file.</summary>
    /// <param name="weights">The weights. An adapter must have been merged into them.</param>
    /// <param name="folder">The model folder, for its configuration, tokenizer and chat template.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="threads">Threads of the quantiser.</param>
    /// <param name="warn">Called for each setting of the folder that llama.cpp does not support.</param>
    /// <exception cref="InputException">The model cannot be written as GGUF, or the file cannot be written.</exception>
    /// <exception cref="FulcrumException">The quantiser failed.</exception>
    public static void Write(
        IModelWeights weights,
        string folder,
        string path,
        GgufFileType type,
        int threads,
        Action<string>? warn = null
    )
    {
        Files.AtomicFile.RequireFile(path);
        if (type is GgufFileType.F32 or GgufFileType.F16 or GgufFileType.BF16)
        {
            WritePlain(weights, folder, path, type, warn);
            return;
        }

        // The quantiser reads a file, so an intermediate file with unrounded weights is written first.
        GgufFileType lossless = weights.StoredDtype switch
        {
            "bfloat16" => GgufFileType.BF16,
            "float16" => GgufFileType.F16,
            _ => GgufFileType.F32,
        };
        string full = Path.GetFullPath(path),
            random = RandomNumberGenerator.GetHexString(16, lowercase: true),
            beside = $"{full}.{EnumNames.Of(lossless)}.{random}.tmp",
            quantised = $"{full}.{random}.tmp";
        try
        {
            WritePlain(weights, folder, beside, lossless, warn);
            using LlamaWorkerProcess worker = LlamaWorkerProcess.Start();
            worker.Quantize(beside, quantised, (int)type, threads);
            Files.AtomicFile.Rename(quantised, full);
        }
        catch (Exception e) when (Files.AtomicFile.IsRefusal(e))
        {
            throw Files.AtomicFile.Failure(full, e);
        }
        finally
        {
            // File.Delete refuses a file in a folder that does not exist.
            Array.ForEach([.. new[] { beside, quantised }.Where(File.Exists)], File.Delete);
        }
    }

    private static void WritePlain(
        IModelWeights weights,
        string folder,
        string path,
        GgufFileType type,
        Action<string>? warn
    )
    {
        ConfigMetadata config = ConfigMetadata.Read(folder);
        List<(string, GgufValue)> keys = [.. Metadata(folder, folder, config, type, warn)];
        List<GgufWriter.Tensor> tensors = [];
        if (config.RopeFactors() is { } factors)
        {
            tensors.Add(
                new GgufWriter.Tensor(
                    "rope_freqs.weight",
                    [factors.Length],
                    GgufType.F32,
                    stream => WriteValues(stream, factors, GgufType.F32)
                )
            );
        }

        foreach ((string name, long[] shape) in weights.Shapes)
        {
            string renamed =
                TensorNames.ToGguf(name)
                ?? throw new InputException(
                    $"{folder}: the tensor '{name}' is not supported in a GGUF file of a {config.Architecture} model"
                );
            tensors.Add(TensorOf(weights, config, name, renamed, shape, type));
        }

        GgufWriter.Write(path, keys, tensors);
    }

    /// <summary>All metadata of the file.</summary>
    internal static IEnumerable<(string Key, GgufValue Value)> Metadata(
        string folder,
        string tokenizerFolder,
        ConfigMetadata config,
        GgufFileType type,
        Action<string>? warn = null
    )
    {
        TokenizerMetadata tokenizer = TokenizerMetadata.Read(tokenizerFolder, config);
        foreach (string warning in tokenizer.Warnings)
        {
            warn?.Invoke(warning);
        }

        if (config.IgnoredWindow is { } window)
        {
            warn?.Invoke(
                $"the model attends to the last {window} tokens in some layers; "
                    + "llama.cpp attends to all of them, so longer prompts give other numbers"
            );
        }

        return
        [
            ("general.architecture", GgufValue.Of(config.Architecture)),
            ("general.type", GgufValue.Of("model")),
            (
                "general.name",
                GgufValue.Of(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))))
            ),
            .. config.Keys(),
            ("general.file_type", GgufValue.Count((long)type)),
            ("general.quantization_version", GgufValue.Count(2)),
            .. tokenizer.Keys,
        ];
    }

    private static GgufWriter.Tensor TensorOf(
        IModelWeights weights,
        ConfigMetadata config,
        string name,
        string renamed,
        long[] shape,
        GgufFileType type
    )
    {
        GgufType element =
            shape.Length == 1 ? GgufType.F32
            : type == GgufFileType.F16 ? GgufType.F16
            : type == GgufFileType.BF16 ? GgufType.BF16
            : GgufType.F32;
        int? heads = config.Permutes ? TensorNames.HeadsOf(renamed, config.Heads, config.KeyValueHeads) : null;
        return new GgufWriter.Tensor(
            renamed,
            [.. shape.Reverse()],
            element,
            stream =>
            {
                float[] values = weights.Read(name);
                WriteValues(
                    stream,
                    heads is { } n ? TensorNames.Permuted(values, n, shape.Length == 1 ? 1 : (int)shape[1]) : values,
                    element
                );
            }
        );
    }

    private static void WriteValues(Stream stream, ReadOnlySpan<float> values, GgufType type)
    {
        // In parts, because a table of a large model has more bytes than a span can hold.
        const int Part = 1 << 14;
        Span<byte> halves = new byte[Part * 2];
        for (long start = 0; start < values.Length; start += Part)
        {
            ReadOnlySpan<float> part = values.Slice((int)start, (int)Math.Min(Part, values.Length - start));
            stream.Write(type == GgufType.F32 ? MemoryMarshal.AsBytes(part) : Halves(part, type, halves));
        }
    }

    private static ReadOnlySpan<byte> Halves(ReadOnlySpan<float> values, GgufType type, Span<byte> into)
    {
        for (int i = 0; i < values.Length; i++)
        {
            ushort half = type == GgufType.F16 ? BitConverter.HalfToUInt16Bits((Half)values[i]) : Bfloat16(values[i]);
            BinaryPrimitives.WriteUInt16LittleEndian(into[(i * 2)..], half);
        }

        return into[..(values.Length * 2)];
    }

    // Round to nearest, ties to even.
    private static ushort Bfloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)(bits >> 16 | 64) : (ushort)(bits + 0x7fff + (bits >> 16 & 1) >> 16);
    }
}
