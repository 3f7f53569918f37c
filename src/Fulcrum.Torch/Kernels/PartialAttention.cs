using Fulcrum.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Attention of some rows to some keys, with the log-sum-exp by which partial results over different keys
/// are merged (arXiv:2205.14135, section 3.1).</summary>
/// <remarks>Computed by libtorch's flash attention if it is available, otherwise by the reference implementation, in
/// blocks of rows.</remarks>
internal static class PartialAttention
{
    private const int Rows = 256;

    /// <param name="query">[B, H, N, headDim]</param>
    /// <param name="key">[B, H or 1, M, headDim]</param>
    /// <param name="value">As <paramref name="key"/>.</param>
    /// <param name="mask">Float32, added to the scores, [B or 1, 1, N or 1, M]; null for none. Only the reference
    /// implementation allows a row that attends to no key.</param>
    /// <param name="causal">Row i attends to keys up to i; N = M.</param>
    /// <returns>[B, H, N, headDim], and log Σ exp(score), [B, H, N], float32.</returns>
    public static (Tensor Output, Tensor LogSum) Forward(
        Tensor query,
        Tensor key,
        Tensor value,
        Tensor? mask = null,
        bool causal = false,
        bool plain = false
    )
    {
        if (UpcastMatmul.Supports(query))
        {
            (Tensor output, Tensor sum) = Forward(
                UpcastMatmul.Upcast(query),
                UpcastMatmul.Upcast(key),
                UpcastMatmul.Upcast(value),
                mask,
                causal,
                plain
            );
            return (output.to_type(query.dtype), sum);
        }

        if (Native(query) && !plain)
        {
            return LibtorchOperations.Attention(
                query,
                Across(key, query),
                Across(value, query),
                mask,
                causal,
                Scale(query)
            );
        }

        (List<Tensor> outputs, List<Tensor> sums) = ([], []);
        for (int from = 0; from < query.shape[2]; from += Rows)
        {
            Tensor scores = Scores(query, key, mask, causal, from),
                total = scores.LogSumExp(-1);
            outputs.Add((scores - total.unsqueeze(-1)).exp_().NanToZero_().to_type(value.dtype).matmul(value));
            sums.Add(total);
        }

        return (cat(outputs, 2), cat(sums, 2));
    }

    /// <summary>Returns the contribution to the gradients, given the output and the log-sum-exp over all keys. Keys
    /// and values have one head for all query heads.</summary>
    /// <returns>As query, and as key and value.</returns>
    public static (Tensor Query, Tensor Key, Tensor Value) Backward(
        Tensor gradient,
        Tensor query,
        Tensor key,
        Tensor value,
        Tensor output,
        Tensor sum,
        Tensor? mask = null,
        bool causal = false,
        bool plain = false
    )
    {
        if (UpcastMatmul.Supports(query))
        {
            (Tensor dq, Tensor dk, Tensor dv) = Backward(
                UpcastMatmul.Upcast(gradient),
                UpcastMatmul.Upcast(query),
                UpcastMatmul.Upcast(key),
                UpcastMatmul.Upcast(value),
                UpcastMatmul.Upcast(output),
                sum,
                mask,
                causal,
                plain
            );
            return (dq.to_type(query.dtype), dk.to_type(key.dtype), dv.to_type(value.dtype));
        }

        if (Native(query) && !plain)
        {
            (Tensor dq, Tensor dk, Tensor dv) = LibtorchOperations.AttentionBackward(
                gradient,
                query,
                Across(key, query),
                Across(value, query),
                output,
                sum,
                mask,
                causal,
                Scale(query)
            );
            return (dq, dk.sum(1, keepdim: true), dv.sum(1, keepdim: true));
        }

        List<Tensor> queries = [];
        Tensor keys = zeros_like(key),
            values = zeros_like(value);
        for (int from = 0; from < query.shape[2]; from += Rows)
        {
            int rows = Math.Min(Rows, (int)query.shape[2] - from);
            Tensor q = query.narrow(2, from, rows),
                g = gradient.narrow(2, from, rows);
            Tensor weights = (Scores(query, key, mask, causal, from) - sum.narrow(2, from, rows).unsqueeze(-1))
                .exp_()
                .NanToZero_();
            Tensor mean = (g * output.narrow(2, from, rows)).sum(-1, keepdim: true);
            Tensor scores = (weights * (g.matmul(value.transpose(-2, -1)) - mean))
                .Times(Scale(query))
                .to_type(key.dtype);
            queries.Add(scores.matmul(key));
            keys.Add_(scores.transpose(-2, -1).matmul(q).sum(1, keepdim: true));
            values.Add_(weights.to_type(g.dtype).transpose(-2, -1).matmul(g).sum(1, keepdim: true));
        }

        return (cat(queries, 2), keys, values);
    }

    /// <summary>Merges a partial result into the result over other keys, in place.</summary>
    /// <param name="output">[..., headDim]</param>
    /// <param name="sum">[...]</param>
    public static void Merge(Tensor output, Tensor sum, (Tensor Output, Tensor LogSum) piece)
    {
        Tensor share = (piece.LogSum - sum).sigmoid_().unsqueeze(-1); // of the partial attention
        output.lerp_(piece.Output, share.to_type(output.dtype));
        sum.copy_(logaddexp(sum, piece.LogSum));
    }

    private static bool Native(Tensor query) => LibtorchOperations.HasAttention && query.device_type == DeviceType.CPU;

    private static double Scale(Tensor query) => Math.Pow(query.shape[^1], -0.5);

    private static Tensor Across(Tensor key, Tensor query) =>
        key.shape[1] == query.shape[1] ? key : key.expand(key.shape[0], query.shape[1], key.shape[2], key.shape[3]);

    private static Tensor Scores(Tensor query, Tensor key, Tensor? mask, bool causal, int from)
    {
        int rows = Math.Min(Rows, (int)query.shape[2] - from);
        Tensor scores = query
            .narrow(2, from, rows)
            .matmul(key.transpose(-2, -1))
            .to_type(ScalarType.Float32)
            .Multiply_(Scale(query));
        return causal
                ? scores.Add_(full([rows, key.shape[2]], float.NegativeInfinity, device: query.device).triu_(from + 1))
            : mask is null ? scores
            : scores.Add_(mask.shape[2] == 1 ? mask : mask.narrow(2, from, rows));
    }
}
