//go:build amd64 && !purego

#include "textflag.h"

// One step takes 16 coordinates of the row and of each probe. A probe is 1024
// bytes long, its words in the order of the coordinates.
#define STEP4(rowoff, probeoff) \
	VPMOVSXBW rowoff(SI), Y8; \
	VPMADDWD (probeoff+0)(DX), Y8, Y4; \
	VPMADDWD (probeoff+1024)(DX), Y8, Y5; \
	VPMADDWD (probeoff+2048)(DX), Y8, Y6; \
	VPMADDWD (probeoff+3072)(DX), Y8, Y7; \
	VPADDD Y4, Y0, Y0; \
	VPADDD Y5, Y1, Y1; \
	VPADDD Y6, Y2, Y2; \
	VPADDD Y7, Y3, Y3

#define STEP1(rowoff, probeoff, wide, sum) \
	VPMOVSXBW rowoff(SI), wide; \
	VPMADDWD probeoff(DX), wide, wide; \
	VPADDD wide, sum, sum

// func scan4(rows *[Dimensions]int8, n int, p *probes, dots *int32)
TEXT ·scan4(SB), NOSPLIT, $0-32
	MOVQ rows+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ p+16(FP), R8
	MOVQ dots+24(FP), DI
row4:
	MOVQ R8, DX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	MOVQ $4, AX
part4:
	STEP4(0, 0)
	STEP4(16, 32)
	STEP4(32, 64)
	STEP4(48, 96)
	STEP4(64, 128)
	STEP4(80, 160)
	STEP4(96, 192)
	STEP4(112, 224)
	ADDQ $128, SI
	ADDQ $256, DX
	DECQ AX
	JNZ part4
	// Y0 to Y3 hold eight partial sums each; adding neighbours twice leaves, in
	// each half, one sum for each probe in order.
	VPHADDD Y1, Y0, Y0
	VPHADDD Y3, Y2, Y2
	VPHADDD Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD X1, X0, X0
	VMOVDQU X0, (DI)
	ADDQ $16, DI
	DECQ CX
	JNZ row4
	VZEROUPPER
	RET

// func scan1(rows *[Dimensions]int8, n int, p *probes, dots *int32)
TEXT ·scan1(SB), NOSPLIT, $0-32
	MOVQ rows+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ p+16(FP), R8
	MOVQ dots+24(FP), DI
row1:
	MOVQ R8, DX
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	MOVQ $4, AX
part1:
	STEP1(0, 0, Y4, Y0)
	STEP1(16, 32, Y5, Y1)
	STEP1(32, 64, Y6, Y2)
	STEP1(48, 96, Y7, Y3)
	STEP1(64, 128, Y4, Y0)
	STEP1(80, 160, Y5, Y1)
	STEP1(96, 192, Y6, Y2)
	STEP1(112, 224, Y7, Y3)
	ADDQ $128, SI
	ADDQ $256, DX
	DECQ AX
	JNZ part1
	VPADDD Y1, Y0, Y0
	VPADDD Y3, Y2, Y2
	VPADDD Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD X1, X0, X0
	VPHADDD X0, X0, X0
	VPHADDD X0, X0, X0
	VMOVD X0, (DI)
	ADDQ $16, DI
	DECQ CX
	JNZ row1
	VZEROUPPER
	RET
