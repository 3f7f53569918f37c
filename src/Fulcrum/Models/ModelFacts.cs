using System.Buffers.Binary;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Models;

/// <summary>What a report says of the model; written by <c>prepare</c>, because the model may be gone when a report is
/// written again.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Parameters">Numbers in all weight files; null: there is none that can be read.</param>
internal sealed record ModelFacts(string Name, long? Parameters)
{
    /// <summary>Its name in the run folder.</summary>
    public const string FileName = "model.json";

    private const long LargestHeader = 1 << 27;

    /// <summary>Counts from the headers of the weight files; no weight is read.</summary>
    public static ModelFacts Of(string folder)
    {
        string whole = Path.Combine(folder, "model.safetensors");
        // To an engine of a program's own, a folder may be only a name.
        IEnumerable<string> parts = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "model*.safetensors")
            : [];
        long[] files = [.. (File.Exists(whole) ? [whole] : parts).Select(Count)];
        return new ModelFacts(
            ModelFolder.NameOf(folder),
            files.Length > 0 && files.All(n => n > 0) ? files.Sum() : null
        );
    }

    /// <summary>As JSON.</summary>
    public string Print() => JsonSerializer.Serialize(this, JsonLines.Output) + "\n";

    /// <summary>Reads what <c>prepare</c> wrote; null where nothing was.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static ModelFacts? Read(string runFolder) =>
        StoredJson.ReadIfThere<ModelFacts>(Path.Combine(runFolder, FileName), "the facts of a model");

    // 0 where a file is not readable as safetensors: loading the model says what is wrong with it.
    private static long Count(string path)
    {
        try
        {
            using Stream file = BoundedFile.Open(path, long.MaxValue);
            byte[] length = new byte[8];
            file.ReadExactly(length);
            byte[] header = new byte[
                BinaryPrimitives.ReadInt64LittleEndian(length) is > 1 and < LargestHeader and var bytes ? bytes : 0
            ];
            file.ReadExactly(header);
            using JsonDocument json = JsonDocument.Parse(header);
            return json
                .RootElement.EnumerateObject()
                .Where(t => t.Name != "__metadata__")
                .Sum(t =>
                    t.Value.GetProperty("shape").EnumerateArray().Aggregate(1L, (n, size) => n * size.GetInt64())
                );
        }
        catch (Exception e)
            when (e
                    is IOException
                        or JsonException
                        or InvalidOperationException
                        or KeyNotFoundException
                        or FormatException
                        or OverflowException
            )
        {
            return 0;
        }
    }
}
