using System.Buffers.Binary;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;

namespace Fulcrum.Models;

/// <summary>Facts about the model for the report. <c>prepare</c> stores them, because the model may no longer exist
/// when a report is written again.</summary>
/// <param name="Name">The name of the model.</param>
/// <param name="Parameters">The number of values in all weight files; null: no weight file can be read.</param>
internal sealed record ModelFacts(string Name, long? Parameters)
{
    /// <summary>The name of the file in the run folder.</summary>
    public const string FileName = "model.json";

    private const long LargestHeader = 1 << 27; // bytes: 128 MiB

    /// <summary>Reads the facts of a model folder. Parameters are counted from the headers of the weight
    /// files.</summary>
    public static ModelFacts Of(string folder)
    {
        string whole = Path.Combine(folder, "model.safetensors");
        // A custom engine may use the path as a name only, so the folder need not exist.
        IEnumerable<string> parts = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "model*.safetensors")
            : [];
        long[] files = [.. (File.Exists(whole) ? [whole] : parts).Select(Count)];
        return new ModelFacts(
            ModelFolder.NameOf(folder),
            files.Length > 0 && files.All(n => n > 0) ? files.Sum() : null
        );
    }

    /// <summary>Returns the facts as JSON.</summary>
    public string Print() => JsonSerializer.Serialize(this, JsonLines.Output) + "\n";

    /// <summary>Reads the facts that <c>prepare</c> stored; null if there are none.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static ModelFacts? Read(string runFolder) =>
        StoredJson.ReadIfThere<ModelFacts>(Path.Combine(runFolder, FileName), "the facts of a model");

    // Returns 0 for a file that is not valid safetensors. Loading the model reports what is wrong with it.
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
