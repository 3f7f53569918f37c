using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Guards;

/// <summary>Published scores of a model on MMLU, in percent, scored by letters.</summary>
/// <param name="Name">As published.</param>
/// <param name="Shape">Hidden size, layers and vocabulary of its configuration.</param>
/// <param name="Base">5-shot score of the base model; null: none published.</param>
/// <param name="Instruct">Score of the instruction-tuned model; null: none published.</param>
/// <param name="Source">Where it was published.</param>
internal sealed record KnownModel(
    string Name,
    (int Hidden, int Layers, int Vocabulary) Shape,
    double? Base,
    double? Instruct,
    string Source
);

/// <summary>Models with a published MMLU score, recognised by the shape of their configuration, then by their folder's
/// name.</summary>
/// <remarks>SmolLM2 is not in the table: its cards publish MMLU read as cloze (31.5 at 135M, 35.8 at 360M), which says
/// nothing about the letters.</remarks>
internal static class KnownModels
{
    /// <summary>The table.</summary>
    public static readonly IReadOnlyList<KnownModel> All =
    [
        new("Qwen2-0.5B", (896, 24, 151_936), 45.4, 37.9, "arXiv:2407.10671, tables 5 and 9; model cards"),
        new("Qwen2-1.5B", (1536, 28, 151_936), 56.5, 52.4, "arXiv:2407.10671, tables 5 and 9; model cards"),
        new("Qwen2-7B", (3584, 28, 152_064), 70.3, 70.5, "arXiv:2407.10671, tables 3 and 8; model cards"),
        new("Qwen2.5-0.5B", (896, 24, 151_936), 47.5, null, "arXiv:2412.15115, table 5"),
        new("Qwen2.5-1.5B", (1536, 28, 151_936), 60.9, null, "arXiv:2412.15115, table 5"),
        new("Qwen2.5-3B", (2048, 36, 151_936), 65.6, null, "arXiv:2412.15115, table 5"),
        new("Qwen2.5-7B", (3584, 28, 152_064), 74.2, null, "arXiv:2412.15115, table 3"),
        new("Llama-3.2-1B", (2048, 16, 128_256), 32.2, 49.3, "model card of Llama 3.2, 5-shot"),
        new("Llama-3.2-3B", (3072, 28, 128_256), 58.0, 63.4, "model card of Llama 3.2, 5-shot"),
        new("Llama-3-8B", (4096, 32, 128_256), 66.7, 68.4, "model cards of Llama 3 and 3.1, 5-shot"),
        new("Llama-3.1-8B", (4096, 32, 128_256), 66.7, 69.4, "model card of Llama 3.1, 5-shot"),
    ];

    /// <summary>Returns the range of published scores of the models that a folder may contain: those of its shape, or
    /// only those that the folder's name names.</summary>
    /// <returns>Lowest and highest score in percent, and the models; null: nothing is published for such a
    /// model.</returns>
    public static (double Low, double High, string Whose)? Published(string folder)
    {
        KnownModel[] candidates = Named(folder, [.. All.Where(m => m.Shape == ShapeOf(folder))]);
        bool instruct =
            NameOf(folder) is var name
            && (name.Contains("instruct", StringComparison.Ordinal) || name.Contains("chat", StringComparison.Ordinal));
        double[] scores =
        [
            .. candidates.SelectMany(m =>
                instruct && m.Instruct is { } tuned ? [tuned] : new[] { m.Base, m.Instruct }.OfType<double>()
            ),
        ];
        return scores.Length == 0
            ? null
            : (scores.Min(), scores.Max(), string.Join(", ", candidates.Select(m => $"{m.Name} ({m.Source})")));
    }

    private static KnownModel[] Named(string folder, KnownModel[] candidates)
    {
        KnownModel[] named =
        [
            .. candidates.Where(m => NameOf(folder).Contains(m.Name.ToLowerInvariant(), StringComparison.Ordinal)),
        ];
        return named.Length > 0 ? named : candidates;
    }

    private static string NameOf(string folder) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)).ToLowerInvariant();

    private static (int, int, int) ShapeOf(string folder)
    {
        // A GGUF file and a server have no folder.
        if (folder.Length == 0 || !File.Exists(Path.Combine(folder, "config.json")))
        {
            return default;
        }

        try
        {
            JsonObject? config =
                StrictJson.Parse(BoundedFile.ReadText(Path.Combine(folder, "config.json"))) as JsonObject;
            return (
                (int?)config?["hidden_size"] ?? 0,
                (int?)config?["num_hidden_layers"] ?? 0,
                (int?)config?["vocab_size"] ?? 0
            );
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException or FormatException)
        {
            return default; // loading the model reports what is wrong with the file
        }
    }
}
