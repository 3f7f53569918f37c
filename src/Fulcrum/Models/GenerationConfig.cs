using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;

namespace Fulcrum.Models;

/// <summary>Reads the recommended decoding of a model from <c>generation_config.json</c>.</summary>
internal static class GenerationConfig
{
    /// <summary>Returns the settings of sampling; null for greedy decoding. Absent keys have the defaults of
    /// transformers.</summary>
    /// <exception cref="InputException">The file is missing or malformed. The message names file and key.</exception>
    public static Sampling? Sampling(string modelFolder)
    {
        string path = Path.Combine(modelFolder, "generation_config.json");
        JsonObject config = Read(path);
        double penalty = Number(path, config, "repetition_penalty", 1, p => p > 0);
        if (config["do_sample"] is not JsonValue sample || !sample.TryGetValue(out bool draws) || !draws)
        {
            // Greedy decoding with a penalty: the most likely token after the penalty.
            return penalty == 1 ? null : new Sampling(TopK: 1, RepetitionPenalty: penalty);
        }

        return new Sampling(
            Number(path, config, "temperature", 1, t => t > 0),
            (int)Number(path, config, "top_k", 50, k => k is >= 0 and <= int.MaxValue && k == Math.Floor(k)),
            Number(path, config, "top_p", 1, p => p is > 0 and <= 1),
            penalty
        );
    }

    private static double Number(
        string path,
        JsonObject config,
        string key,
        double otherwise,
        Func<double, bool> holds
    ) =>
        config[key] switch
        {
            null => otherwise,
            JsonValue v when v.TryGetValue(out double number) && double.IsFinite(number) && holds(number) => number,
            JsonNode other => throw new InputException(
                $"{path}: {key} is {other.ToJsonString()}, which is not a valid value"
            ),
        };

    private static JsonObject Read(string path)
    {
        try
        {
            return StrictJson.ReadFile(path, depth: 16) as JsonObject
                ?? throw new InputException($"{path}: expected a JSON object");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(
                $"the study decodes by the model's generation configuration, but {path} cannot be read: {e.Message}",
                e
            );
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {StrictJson.Located(e)}", e);
        }
    }
}
