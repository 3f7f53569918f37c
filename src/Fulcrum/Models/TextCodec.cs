using System.Text.Json.Nodes;

namespace Fulcrum.Models;

/// <summary>How a model's texts become token ids and back.</summary>
/// <param name="Encode">Text to ids; true adds the special tokens that the model's tokenizer adds.</param>
/// <param name="Decode">Ids to text, without special tokens.</param>
/// <param name="Render">Messages to the text of a prompt, by the model's chat template.</param>
public sealed record TextCodec(
    Func<string, bool, int[]> Encode,
    Func<IReadOnlyList<int>, string> Decode,
    Func<JsonArray, string> Render
);
