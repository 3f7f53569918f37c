namespace Fulcrum.Llama.Gguf;

/// <summary>Names and shapes of the tensors of a decoder in the architectures qwen2, qwen3 and llama.</summary>
internal static class DecoderTensors
{
    /// <summary>Checks the tensors of a file against the shapes that follow from its metadata.</summary>
    /// <exception cref="InputException">A tensor is missing, unexpected or has another shape, or a norm or bias is not
    /// F32.</exception>
    public static void Check(GgufModel model, int width)
    {
        GgufFile file = model.File;
        Dictionary<string, long[]> wanted = Shapes(model, width);
        foreach ((string name, long[] shape) in wanted)
        {
            if (!file.Tensors.TryGetValue(name, out GgufTensor? tensor))
            {
                throw file.Error($"it lacks the tensor '{name}'");
            }

            Same(file, tensor, shape);
        }

        Dictionary<string, long[]> optional = Optional(model, width);
        foreach (GgufTensor tensor in file.Tensors.Values.Where(t => !wanted.ContainsKey(t.Name)))
        {
            Same(
                file,
                tensor,
                optional.TryGetValue(tensor.Name, out long[]? shape)
                    ? shape
                    : throw file.Error(
                        $"the tensor '{tensor.Name}' belongs to no {file.Architecture} model of {model.Layers} layers"
                    )
            );
        }
    }

    private static void Same(GgufFile file, GgufTensor tensor, long[] shape)
    {
        if (!tensor.Sizes.SequenceEqual(shape))
        {
            throw file.Error(
                $"the tensor '{tensor.Name}' has the sizes [{string.Join(", ", tensor.Sizes)}] where the "
                    + $"metadata asks for [{string.Join(", ", shape)}]"
            );
        }

        if (shape.Length == 1 && tensor.Type != GgufType.F32)
        {
            throw file.Error($"the tensor '{tensor.Name}' has the type {tensor.Type}; norms and biases are F32");
        }
    }

    private static Dictionary<string, long[]> Shapes(GgufModel model, int width)
    {
        (long query, long keyValue, long value, long head) = Widths(model, width);
        long hidden = GgufModel.Count(model.File, $"{model.File.Architecture}.feed_forward_length", 1 << 24);
        Dictionary<string, long[]> all = new()
        {
            ["token_embd.weight"] = [width, model.VocabularySize],
            ["output_norm.weight"] = [width],
        };
        foreach (string layer in Layers(model))
        {
            all[layer + "attn_norm.weight"] = all[layer + "ffn_norm.weight"] = [width];
            all[layer + "attn_q.weight"] = [width, query];
            all[layer + "attn_k.weight"] = [width, keyValue];
            all[layer + "attn_v.weight"] = [width, value];
            all[layer + "attn_output.weight"] = [query, width];
            all[layer + "ffn_gate.weight"] = all[layer + "ffn_up.weight"] = [width, hidden];
            all[layer + "ffn_down.weight"] = [hidden, width];
            switch (model.File.Architecture)
            {
                case "qwen2":
                    (all[layer + "attn_q.bias"], all[layer + "attn_k.bias"], all[layer + "attn_v.bias"]) = (
                        [query],
                        [keyValue],
                        [value]
                    );
                    break;
                case "qwen3":
                    all[layer + "attn_q_norm.weight"] = all[layer + "attn_k_norm.weight"] = [head];
                    break;
            }
        }

        return all;
    }

    private static Dictionary<string, long[]> Optional(GgufModel model, int width)
    {
        (long query, long keyValue, long value, long head) = Widths(model, width);
        long hidden = GgufModel.Count(model.File, $"{model.File.Architecture}.feed_forward_length", 1 << 24);
        Dictionary<string, long[]> all = new() { ["output.weight"] = [width, model.VocabularySize] };
        if (model.File.Architecture == "llama")
        {
            all["rope_freqs.weight"] = [head / 2];
            foreach (string layer in Layers(model))
            {
                (all[layer + "attn_q.bias"], all[layer + "attn_k.bias"], all[layer + "attn_v.bias"]) = (
                    [query],
                    [keyValue],
                    [value]
                );
                all[layer + "attn_output.bias"] = all[layer + "ffn_down.bias"] = [width];
                all[layer + "ffn_gate.bias"] = all[layer + "ffn_up.bias"] = [hidden];
            }
        }

        return all;
    }

    private static IEnumerable<string> Layers(GgufModel model) =>
        Enumerable.Range(0, model.Layers).Select(i => $"blk.{i}.");

    // Returns the widths of queries, keys and values over all heads, and of one head of keys.
    private static (long Query, long Key, long Value, long Head) Widths(GgufModel model, int width)
    {
        GgufFile file = model.File;
        string a = file.Architecture;
        long keyValueHeads = file.Count($"{a}.attention.head_count_kv") ?? (uint)model.Heads;
        if (
            keyValueHeads == 0
            || model.Heads % keyValueHeads != 0
            || (width % model.Heads != 0 && file.Count($"{a}.attention.key_length") is null)
        )
        {
            throw file.Error(
                $"{model.Heads} attention heads over {keyValueHeads} key-value heads do not divide a width "
                    + $"of {width} evenly"
            );
        }

        long head = file.Count($"{a}.attention.key_length") ?? (uint)(width / model.Heads);
        long valueHead = file.Count($"{a}.attention.value_length") ?? (uint)(width / model.Heads);
        if (head is 0 or > 1 << 16 || head % 2 != 0 || valueHead is 0 or > 1 << 16)
        {
            throw file.Error($"an attention head of {head} and {valueHead} components is not possible");
        }

        long rotated = file.Count($"{a}.rope.dimension_count") ?? (uint)head;
        return rotated == head
            ? (model.Heads * head, keyValueHeads * head, keyValueHeads * valueHead, head)
            : throw file.Error($"'{a}.rope.dimension_count' is {rotated}, but an attention head has {head} components");
    }
}
