namespace Fulcrum.Llama.Gguf;

/// <summary>Maps tensor names of checkpoints to those of llama.cpp, and reorders rows that differ between
/// them.</summary>
internal static class TensorNames
{
    private static readonly (string Checkpoint, string Gguf)[] Layer =
    [
        ("input_layernorm", "attn_norm"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ];

    private static readonly (string Checkpoint, string Gguf)[] Whole =
    [
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("lm_head", "output"),
    ];

    /// <summary>Returns llama.cpp's name of a checkpoint's tensor; null if there is none.</summary>
    public static string? ToGguf(string name) => Renamed(name, "model.layers.", "blk.", p => (p.Checkpoint, p.Gguf));

    /// <summary>Returns the checkpoint's name of a GGUF file's tensor; null if there is none.</summary>
    public static string? ToCheckpoint(string name) =>
        Renamed(name, "blk.", "model.layers.", p => (p.Gguf, p.Checkpoint));

    /// <summary>Returns the number of heads by which a tensor's rows are reordered; null if they are not.</summary>
    public static int? HeadsOf(string ggufName, int heads, int keyValueHeads) =>
        ggufName.Contains(".attn_q.", StringComparison.Ordinal) ? heads
        : ggufName.Contains(".attn_k.", StringComparison.Ordinal) ? keyValueHeads
        : null;

    /// <summary>Reorders rows within each head from halves [2, d/2] to neighbouring pairs [d/2, 2], as llama.cpp's
    /// llama architecture rotates them.</summary>
    /// <param name="columns">Elements per row; 1 for a bias.</param>
    public static float[] Permuted(float[] values, int heads, int columns) =>
        Reordered(values, heads, columns, forward: true);

    /// <summary>Undoes <see cref="Permuted"/>.</summary>
    public static float[] Restored(float[] values, int heads, int columns) =>
        Reordered(values, heads, columns, forward: false);

    private static float[] Reordered(float[] values, int heads, int columns, bool forward)
    {
        int rows = values.Length / columns,
            size = rows / heads;
        float[] result = new float[values.Length];
        for (int row = 0; row < rows; row++)
        {
            (int head, int within) = (row / size, row % size);
            (int half, int i) = (within / (size / 2), within % (size / 2));
            int paired = head * size + i * 2 + half;
            (int from, int to) = forward ? (row, paired) : (paired, row);
            values.AsSpan(from * columns, columns).CopyTo(result.AsSpan(to * columns));
        }

        return result;
    }

    private static string? Renamed(
        string name,
        string layers,
        string otherLayers,
        Func<(string Checkpoint, string Gguf), (string From, string To)> direction
    )
    {
        int dot = name.LastIndexOf('.');
        (string stem, string ending) = dot < 0 ? (name, "") : (name[..dot], name[dot..]);
        if (ending is not (".weight" or ".bias"))
        {
            return null;
        }

        if (!stem.StartsWith(layers, StringComparison.Ordinal))
        {
            return Whole.Select(direction).FirstOrDefault(p => p.From == stem).To is { } whole ? whole + ending : null;
        }

        int after = stem.IndexOf('.', layers.Length);
        return after > 0 && Layer.Select(direction).FirstOrDefault(p => p.From == stem[(after + 1)..]).To is { } inner
            ? $"{otherLayers}{stem[layers.Length..after]}.{inner}{ending}"
            : null;
    }
}
